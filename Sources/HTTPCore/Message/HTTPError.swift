public import HTTPTypes

/// A request that the server answers by itself, without calling a handler.
public enum HTTPError: Error, Sendable, Hashable {
    /// 400: the octets are not a request of RFC 9112; `reason` names the broken rule.
    case badRequest(reason: String)
    /// 404: no route has this path.
    case notFound(path: String)
    /// 405: the path exists, the method does not; `allowed` goes into `Allow` (RFC 9110 section 15.5.6).
    case methodNotAllowed(method: HTTPRequest.Method, allowed: [HTTPRequest.Method])
    /// 408: the head or the body came too slowly.
    case requestTimeout
    /// 411: the route insists on a body with a stated length.
    case lengthRequired
    /// 413: the body is longer than the route's limit, in octets.
    case contentTooLarge(limit: Int)
    /// 414: the request-line is longer than the limit, in octets.
    case uriTooLong(limit: Int)
    /// 415: a content coding other than gzip, deflate and identity; the answer has `Accept-Encoding`.
    case unsupportedContentCoding
    /// 417: an expectation other than `100-continue`.
    case expectationFailed
    /// 431: the fields are more or longer than the limits.
    case fieldsTooLarge
    /// 501: a method or a transfer coding that the server does not know.
    case notImplemented(what: String)
    /// 503: others leave no room for this request; the answer has `Retry-After`.
    case overloaded(Shortage)
    /// 503: the server is shutting down and has cancelled the handler.
    case shuttingDown
    /// 505: an HTTP major version other than 1.
    case versionNotSupported

    /// What there is not enough of.
    public enum Shortage: String, Sendable {
        /// Memory for request bodies.
        case bodies = "holds as many request bodies as it can"
        /// Memory for answers.
        case answers = "holds as many answers as it can, which their clients have not taken yet"
        /// Places for connections.
        case connections = "has as many connections as it can"
    }

    /// The status that goes with the error.
    public var status: HTTPResponse.Status {
        switch self {
        case .badRequest: .badRequest
        case .notFound: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .requestTimeout: .requestTimeout
        case .lengthRequired: .lengthRequired
        case .contentTooLarge: .contentTooLarge
        case .uriTooLong: .uriTooLong
        case .unsupportedContentCoding: .unsupportedMediaType
        case .expectationFailed: .expectationFailed
        case .fieldsTooLarge: .requestHeaderFieldsTooLarge
        case .notImplemented: .notImplemented
        case .overloaded, .shuttingDown: .serviceUnavailable
        case .versionNotSupported: .httpVersionNotSupported
        }
    }

    /// One sentence for the caller that says what is wrong.
    public var message: String {
        switch self {
        case .badRequest(let reason): "Bad request: \(reason)."
        case .notFound(let path): "There is nothing at \(path.excerpt)."
        case .methodNotAllowed(let method, let allowed):
            "\(method.rawValue.excerpt) is not allowed here; use \(allowed.map(\.rawValue).joined(separator: ", "))."
        case .requestTimeout: "The request did not arrive in time."
        case .lengthRequired: "The request needs a Content-Length."
        case .contentTooLarge(let limit): "The request body is longer than \(limit) bytes."
        case .uriTooLong(let limit): "The request line is longer than \(limit) bytes."
        case .unsupportedContentCoding: "The content codings this server undoes are gzip, deflate and identity."
        case .expectationFailed: "The only expectation this server meets is 100-continue."
        case .fieldsTooLarge: "The request has too many header fields, or they are too long."
        case .notImplemented(let what): "This server does not implement \(what.excerpt)."
        case .overloaded(let shortage): "The server \(shortage.rawValue); try again in a moment."
        case .shuttingDown: "The server is shutting down."
        case .versionNotSupported: "This server speaks HTTP/1.1 and HTTP/1.0."
        }
    }

    /// The default answer: `{"error":{"message":...,"code":<status>}}`.
    @Sendable public static func defaultResponse(to error: HTTPError, of request: RefusedRequest) -> Response {
        var body = Array(#"{"error":{"message":""#.utf8)
        for octet in error.message.utf8 {
            switch octet {
            case 0x22, 0x5C: body += [0x5C, octet]
            // Control octets cannot reach a message: the parser refuses them. A space keeps the JSON valid all the same.
            case 0..<0x20: body.append(0x20)
            default: body.append(octet)
            }
        }
        body += Array(#"","code":\#(error.status.code)}}"#.utf8)
        return .json(body, status: error.status)
    }
}
