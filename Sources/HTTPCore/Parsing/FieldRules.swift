internal import HTTPTypes

/// What the fields of a head say about its framing and its connection.
///
/// Where RFC 9112 lets a server choose between refusing and repairing, these rules refuse.
struct FieldRules {
    /// How the body is delimited (RFC 9112 section 6.3).
    enum Framing: Equatable {
        /// No body.
        case none
        /// As many octets as Content-Length says; a number too large for Int counts as Int.max.
        case length(Int)
        /// The chunked transfer coding.
        case chunked
    }

    /// What `Expect` asks for (RFC 9110 section 10.1.1).
    enum Expectation: Equatable {
        case none
        case continueRequested
        case unknown
    }

    private(set) var host: String?
    private(set) var framing = Framing.none
    private(set) var expectation = Expectation.none
    private(set) var requestsClose = false
    private(set) var requestsKeepAlive = false

    /// Judges the fields of a request of HTTP/1.`minorVersion`.
    init(_ fields: HTTPFields, minorVersion: Int) throws(HTTPError) {
        var contentLength: Int?
        var codings: [[UInt8]]?
        for field in fields {
            let value = field.withUnsafeBytesOfValue { Array($0) }
            switch field.name.canonicalName {
            case "host":
                try takeHost(value)
            case "content-length":
                guard contentLength == nil else { throw .badRequest(reason: "more than one Content-Length") }
                contentLength = try Self.length(value)
            case "transfer-encoding":
                codings = (codings ?? []) + Self.elements(value)
            case "connection":
                for option in Self.elements(value) {
                    requestsClose = requestsClose || option == Array("close".utf8)
                    requestsKeepAlive = requestsKeepAlive || option == Array("keep-alive".utf8)
                }
            case "expect" where minorVersion > 0:
                for expected in Self.elements(value) where !expected.isEmpty && expectation != .unknown {
                    expectation = expected == Array("100-continue".utf8) ? .continueRequested : .unknown
                }
            default:
                break
            }
        }
        // RFC 9112 section 3.2: a server MUST answer 400 to a 1.1 request without Host.
        guard host != nil || minorVersion == 0 else { throw .badRequest(reason: "no Host field") }
        if let codings {
            framing = try Self.framing(codings, hasLength: contentLength != nil, minorVersion: minorVersion)
        } else if let contentLength {
            framing = .length(contentLength)
        }
    }

    private mutating func takeHost(_ value: [UInt8]) throws(HTTPError) {
        guard host == nil else { throw .badRequest(reason: "more than one Host field") }
        // An empty value is right for a target without authority (RFC 9112 section 3.2).
        guard value.isEmpty || Authority.isValid(value) else {
            throw .badRequest(reason: "the Host field is not a host with an optional port")
        }
        host = String(decoding: value, as: UTF8.self)
    }

    /// Content-Length = 1*DIGIT (RFC 9110 section 8.6).
    private static func length(_ value: [UInt8]) throws(HTTPError) -> Int {
        guard !value.isEmpty, value.allSatisfy(\.isDigit) else {
            throw .badRequest(reason: "a Content-Length that is not a number")
        }
        var length = 0
        for digit in value {
            let (tens, overflows) = length.multipliedReportingOverflow(by: 10)
            let (sum, carries) = tens.addingReportingOverflow(Int(digit - 0x30))
            if overflows || carries { return .max }
            length = sum
        }
        return length
    }

    /// RFC 9112 section 6.1: chunked is the last coding and is applied once; others are not implemented here.
    private static func framing(
        _ codings: [[UInt8]],
        hasLength: Bool,
        minorVersion: Int
    ) throws(HTTPError) -> Framing {
        let chunked = Array("chunked".utf8)
        guard !codings.contains([]), codings.last == chunked else {
            throw .badRequest(reason: "a Transfer-Encoding that does not end with chunked")
        }
        guard !codings.dropLast().contains(chunked) else {
            throw .badRequest(reason: "a Transfer-Encoding with chunked applied twice")
        }
        guard codings.count == 1 else { throw .notImplemented(what: "transfer codings other than chunked") }
        // Both are how requests are smuggled; a server MAY refuse them (RFC 9112 sections 6.1 and 6.3).
        guard !hasLength else { throw .badRequest(reason: "both Transfer-Encoding and Content-Length") }
        guard minorVersion > 0 else { throw .badRequest(reason: "Transfer-Encoding in HTTP/1.0") }
        return .chunked
    }

    /// The elements of a comma-separated list in lower case, without the whitespace around them.
    private static func elements(_ value: [UInt8]) -> [[UInt8]] {
        value.split(separator: .comma, omittingEmptySubsequences: false).map { element in
            let start = element.firstIndex { !$0.isBlank } ?? element.endIndex
            let end = element.lastIndex { !$0.isBlank }.map { $0 + 1 } ?? start
            return element[start..<end].map(\.lowercased)
        }
    }
}
