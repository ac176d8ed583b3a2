public import HTTPTypes

/// What an access log or a latency histogram wants to know about one answer, once its octets are known.
public struct ResponseRecord: Sendable {
    /// The id in the answer's `x-request-id`.
    public var id: RequestID

    /// The method; nil if the request was refused before its head was complete.
    public var method: HTTPRequest.Method?

    /// The path without its query; nil if the request was refused before its head was complete.
    public var path: String?

    /// The pattern of the route that answered, a label of few values for metrics; nil if none did.
    public var route: String?

    /// The status of the answer.
    public var status: HTTPResponse.Status

    /// Octets of the request's body, without its transfer coding.
    public var requestBodyBytes: Int

    /// Octets of the answer's body as it went out, content coding applied.
    public var bodyBytes: Int

    /// Whether the whole answer was handed to the system; false if the client left, or took nothing for too long.
    public var isComplete: Bool

    /// From the first octet of the request to the end of its answer.
    public var duration: Duration

    /// The peer of the connection.
    public var remoteAddress: SocketAddress

    /// What the handler wanted this observer to know: `Response.note`.
    public var note: (any ResponseNote)?
}

/// What a handler tells the observer of its answer: an object, so that it costs little to pass on.
public protocol ResponseNote: AnyObject, Sendable {}
