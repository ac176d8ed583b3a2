public import HTTPTypes

/// An answer: status, fields, and the content.
///
/// The server adds `Date`, `Content-Length`, `x-request-id` and `Connection`; values set here for `Content-Length`,
/// `Transfer-Encoding` and `Connection` are ignored. A body is left out where RFC 9110 forbids one (1xx, 204, 304, and
/// every answer to HEAD).
public struct Response: Sendable {
    /// A final status, 200 to 599.
    public var status: HTTPResponse.Status

    /// The fields, in the order in which they are sent.
    public var fields: HTTPFields

    /// The content; empty for none.
    public var body: [UInt8]

    /// More content behind `body`, made as the client takes it.
    public var stream: (any BodyStream)?

    /// What the server's observer is told of the answer besides what goes over the wire.
    public var note: (any ResponseNote)?

    /// What `body` holds of the server's memory.
    var share: MemoryShare?

    /// `body` and `stream` once they are coded and counted.
    var answerBody: AnswerBody?

    /// Octets of all the content, where they are known before it is made.
    var contentLength: Int? {
        guard let stream else { return body.count }
        return stream.length.map { body.count + $0 }
    }

    /// All the content at once, for those who have no client to send it to.
    public func content() throws(BodyError) -> [UInt8] {
        var content = body
        var stream = stream
        while let piece = try stream?.next() { content += piece }
        return content
    }

    /// Makes a response.
    public init(status: HTTPResponse.Status, fields: HTTPFields = [:], body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// Makes a response with a JSON body that is already encoded.
    public static func json(
        _ body: [UInt8],
        status: HTTPResponse.Status = .ok,
        fields: HTTPFields = [:]
    ) -> Response {
        var response = Response(status: status, fields: fields, body: body)
        response.fields[.contentType] = "application/json"
        return response
    }
}
