public import HTTPTypes

/// A complete request: its head, its whole decoded body, and what the server knows about it.
public struct Request: Sendable {
    /// Method, scheme, authority, path with query, and fields.
    ///
    /// `Host` is in `head.authority`, not among the fields.
    public var head: HTTPRequest

    /// The path of the request-target without its query, percent-encoding kept: `/v1/models/a%2Fb`; `*` for `OPTIONS *`.
    public var path: String

    /// The query of the request-target without the `?`, percent-encoding kept; nil if there is no `?`.
    public var query: String?

    /// The values of the route's `{name}` parts, percent-decoded.
    public var pathParameters: [String: String]

    /// The content, with the transfer and content codings undone.
    public var body: [UInt8]

    /// The trailer fields of a chunked body, less those that may not stand in a trailer (RFC 9110 section 6.5.1).
    public var trailers: HTTPFields

    /// The id that the response will carry in `x-request-id`.
    public var id: RequestID

    /// The peer of the connection.
    public var remoteAddress: SocketAddress

    /// When the first octet of the request was read.
    public var receivedAt: ContinuousClock.Instant

    /// Method of the request.
    public var method: HTTPRequest.Method { head.method }

    /// Fields of the request.
    public var fields: HTTPFields { head.headerFields }

    /// Makes a request; the server does this, and tests that call a handler directly.
    public init(
        head: HTTPRequest,
        path: String,
        query: String? = nil,
        pathParameters: [String: String] = [:],
        body: [UInt8] = [],
        trailers: HTTPFields = [:],
        id: RequestID = RequestID(),
        remoteAddress: SocketAddress = SocketAddress(host: "127.0.0.1", port: 0),
        receivedAt: ContinuousClock.Instant = .now
    ) {
        self.head = head
        self.path = path
        self.query = query
        self.pathParameters = pathParameters
        self.body = body
        self.trailers = trailers
        self.id = id
        self.remoteAddress = remoteAddress
        self.receivedAt = receivedAt
    }
}
