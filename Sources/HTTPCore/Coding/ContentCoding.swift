internal import HTTPTypes

/// The content codings that a request body may have (RFC 9110 section 8.4.1).
enum ContentCoding: Equatable {
    /// RFC 1952.
    case gzip
    /// RFC 1951 inside RFC 1950: what some clients send without that wrapper is not `deflate`.
    case deflate

    /// What `Accept-Encoding` says in the answer to any other (RFC 9110 section 12.5.3).
    static let accepted = "gzip, deflate, identity"

    /// The coding that `Content-Encoding` names; nil for none, and for `identity`.
    ///
    /// - Throws: 415 for codings that are not known here, and for more than one.
    static func named(by fields: HTTPFields) throws(HTTPError) -> ContentCoding? {
        guard let value = fields[.contentEncoding] else { return nil }
        switch value.lowercased() {
        case "", "identity": return nil
        case "gzip", "x-gzip": return .gzip
        case "deflate": return .deflate
        default: throw .unsupportedContentCoding
        }
    }

    /// zlib's window bits for the format: 15, plus 16 for gzip.
    var windowBits: Int32 {
        switch self {
        case .gzip: 15 + 16
        case .deflate: 15
        }
    }
}
