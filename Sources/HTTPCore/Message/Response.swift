public import HTTPTypes

/// An answer: status, fields, and the whole body.
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

    /// More content behind `body`, too long to be held in memory; it is sent as it is, never compressed.
    public var file: FileBody?

    /// Octets of `body` and `file`.
    var contentLength: Int { body.count + (file?.length ?? 0) }

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
