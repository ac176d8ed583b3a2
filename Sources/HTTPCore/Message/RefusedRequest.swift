public import HTTPTypes

/// What is known of a request that no handler sees: as much of its head as could be read.
public struct RefusedRequest: Sendable {
    /// The id that the response will carry in `x-request-id`.
    public var id: RequestID

    /// The method; nil if the head was not understood.
    public var method: HTTPRequest.Method?

    /// The path of the request-target, percent-encoding kept; nil if the head was not understood.
    public var path: String?

    /// The fields; none if the head was not understood.
    public var fields: HTTPFields

    /// What is known from a head.
    init(id: RequestID, head: RequestHead) {
        self.init(id: id, method: head.method, path: head.target.path, fields: head.fields)
    }

    /// What is known of a whole request.
    init(_ request: Request) {
        self.init(id: request.id, method: request.method, path: request.path, fields: request.fields)
    }

    /// Makes one; the server does this, and tests.
    public init(
        id: RequestID,
        method: HTTPRequest.Method? = nil,
        path: String? = nil,
        fields: HTTPFields = [:]
    ) {
        self.id = id
        self.method = method
        self.path = path
        self.fields = fields
    }
}
