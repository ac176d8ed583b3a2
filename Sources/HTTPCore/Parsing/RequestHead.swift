internal import HTTPTypes

/// The head of a request, with what its framing and connection fields mean already worked out.
struct RequestHead: Equatable {
    var method: HTTPRequest.Method
    var target: RequestTarget
    /// Host, or the authority of the target, which takes its place (RFC 9112 section 3.2.2).
    var authority: String?
    /// All fields but Host.
    var fields: HTTPFields
    var framing: FieldRules.Framing
    var expectation: FieldRules.Expectation
    /// Whether the client wants the connection kept (RFC 9112 section 9.3).
    var keepsAlive: Bool
    /// Whether the client speaks HTTP/1.0, which keeps no connection unless it is told so.
    var isHTTP10: Bool

    /// Whether a body follows that is not known to be empty.
    var hasContent: Bool { framing != .none && framing != .length(0) }

    /// Joins a request-line and its fields.
    init(method: HTTPRequest.Method, target: [UInt8], minorVersion: Int, fields: HTTPFields) throws(HTTPError) {
        self.method = method
        self.target = try RequestTarget(target, method: method)
        let rules = try FieldRules(fields, minorVersion: minorVersion)
        authority = self.target.authority ?? rules.host
        self.fields = HTTPFields(fields.filter { $0.name.canonicalName != "host" })
        framing = rules.framing
        expectation = rules.expectation
        isHTTP10 = minorVersion == 0
        keepsAlive = !rules.requestsClose && (!isHTTP10 || rules.requestsKeepAlive)
    }
}
