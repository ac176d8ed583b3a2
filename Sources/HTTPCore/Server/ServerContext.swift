internal import HTTPTypes
internal import Logging

/// What all event loops of a server share, none of it changing.
struct ServerContext: Sendable {
    let configuration: ServerConfiguration
    let router: Router
    let logger: Logger
    let errorResponse: @Sendable (HTTPError, RefusedRequest) -> Response
    let onResponse: @Sendable (ResponseRecord) -> Void
    let counters = ServerCounters()
    let slots: ConnectionSlots
    let bodies: BodyBudget
    /// With TLS only.
    let certificates: CertificateStore?

    /// The application's answer to an error, with the fields that RFC 9110 asks for.
    func response(to error: HTTPError, of request: RefusedRequest) -> Response {
        counters.errors.add()
        var response = errorResponse(error, request)
        switch error {
        case .methodNotAllowed(_, let allowed): response.fields[.allow] = allowed.list
        case .unsupportedContentCoding: response.fields[.acceptEncoding] = ContentCoding.accepted
        case .overloaded: response.fields[.retryAfter] = "1"
        default: break
        }
        return response
    }

    /// The limits of the parser, out of the configuration.
    var parserLimits: ParserLimits {
        ParserLimits(
            requestLineBytes: configuration.maximumRequestLineBytes,
            fieldSectionBytes: configuration.maximumFieldSectionBytes,
            fieldCount: configuration.maximumFieldCount
        )
    }
}

extension [HTTPRequest.Method] {
    /// The value of `Allow`.
    var list: String { map(\.rawValue).joined(separator: ", ") }
}
