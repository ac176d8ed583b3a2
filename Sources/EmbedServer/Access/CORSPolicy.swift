import HTTPCore
import HTTPTypes

/// Lets pages of other origins call the API from a browser (the CORS protocol of the WHATWG Fetch standard).
struct CORSPolicy: Sendable {
    /// Origins such as `https://app.example`; `*` is all; empty answers no preflight.
    let allowedOrigins: [String]

    /// Seconds that a browser may remember the answer to a preflight.
    private static let maximumAge = "600"
    /// What pages may read of an answer beyond the few fields that they always may.
    private static let exposed = """
        openai-processing-ms, retry-after, retry-after-ms, server-timing, traceparent, x-cache-hits, x-embed-truncated, \
        x-request-id, x-ratelimit-limit-requests, \
        x-ratelimit-limit-tokens, x-ratelimit-remaining-requests, x-ratelimit-remaining-tokens, \
        x-ratelimit-reset-requests, x-ratelimit-reset-tokens, x-should-retry
        """

    /// Whether any origin is allowed.
    var isEnabled: Bool { !allowedOrigins.isEmpty }

    /// The fields of an answer to a page whose request had these fields.
    func fields(for request: HTTPFields) -> HTTPFields {
        guard isEnabled else { return [:] }
        var fields = HTTPFields()
        if !allowsAll { fields[.vary] = "Origin" }
        guard let origin = allowed(request) else { return fields }
        fields[.accessControlAllowOrigin] = origin
        fields[.accessControlExposeHeaders] = Self.exposed
        return fields
    }

    /// Octets of the names that a page may ask for: more is repeated to nobody, and a browser takes that for a no.
    private static let maximumHeaderBytes = 4_096

    /// The answer to a preflight: whether the browser may send the request it announces.
    ///
    /// `Access-Control-Allow-Headers: *` would leave out `Authorization`, so the names asked for are repeated.
    func preflight(_ request: Request, methods: [HTTPRequest.Method]) -> Response {
        var response = Response(status: .noContent)
        let list = (methods + [.options]).map(\.rawValue).joined(separator: ", ")
        response.fields[.allow] = list
        response.fields[.vary] = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
        guard let origin = allowed(request.fields) else { return response }
        response.fields[.accessControlAllowOrigin] = origin
        response.fields[.accessControlAllowMethods] = list
        let names = request.fields[.accessControlRequestHeaders] ?? "authorization"
        if names.utf8.count <= Self.maximumHeaderBytes { response.fields[.accessControlAllowHeaders] = names }
        response.fields[.accessControlMaxAge] = Self.maximumAge
        return response
    }

    private var allowsAll: Bool { allowedOrigins.contains("*") }

    /// What `Access-Control-Allow-Origin` says to the request; `nil` if its origin is not allowed.
    private func allowed(_ request: HTTPFields) -> String? {
        if allowsAll { return "*" }
        guard let origin = request[.origin], allowedOrigins.contains(origin) else { return nil }
        return origin
    }
}
