/// What tells one state of an answer from the others (RFC 9110 section 8.8.3).
///
/// The tag is a weak one: the server may send the body as it is or in gzip form, and a strong tag would have to differ
/// between the two (section 8.8.3.3), while whoever makes it does not know which it will be. For `If-None-Match` that
/// makes no difference.
struct EntityTag: Sendable, Equatable {
    /// The field's value, such as `W/"0123456789abcdef0123456789abcdef"`.
    let field: String
    private let opaque: String

    /// The tag of a body: 128 bits of its SHA-256.
    init(of body: [UInt8]) {
        var digest = FileDigest.sha256()
        body.withUnsafeBytes { digest.update($0) }
        opaque = String(digest.hexadecimal().prefix(32))
        field = "W/\"\(opaque)\""
    }

    /// Whether an `If-None-Match` names the tag, by the weak comparison (RFC 9110 sections 13.1.2 and 8.8.3.2).
    ///
    ///     If-None-Match = "*" / #entity-tag       entity-tag = [ "W/" ] DQUOTE *etagc DQUOTE
    ///
    /// A list names what stands before the first fault in it.
    func isNamed(by ifNoneMatch: String) -> Bool {
        var rest = ifNoneMatch.utf8[...]
        func skip(_ octets: [Character]) {
            while let first = rest.first, octets.contains(Character(Unicode.Scalar(first))) { rest.removeFirst() }
        }
        skip([" ", "\t"])
        if rest.first == UInt8(ascii: "*") {
            rest.removeFirst()
            skip([" ", "\t"])
            return rest.isEmpty
        }
        while true {
            skip([" ", "\t", ","])
            if rest.starts(with: "W/".utf8) { rest.removeFirst(2) }
            guard rest.popFirst() == UInt8(ascii: "\""), let end = rest.firstIndex(of: UInt8(ascii: "\"")) else {
                return false
            }
            if rest[..<end].elementsEqual(opaque.utf8) { return true }
            rest = rest[rest.index(after: end)...]
            skip([" ", "\t"])
            guard rest.first == UInt8(ascii: ",") else { return false }
        }
    }
}
