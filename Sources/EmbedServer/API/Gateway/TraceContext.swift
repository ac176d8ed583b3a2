import HTTPTypes

/// The caller's place in a distributed trace: the `traceparent` field of W3C Trace Context, version 00.
struct TraceContext: Sendable, Equatable {
    /// The field as it came.
    let field: String
    /// 32 hexadecimal digits that all spans of a trace share.
    var traceID: String { String(field.dropFirst(3).prefix(32)) }
    /// 16 hexadecimal digits: the caller's span.
    var parentID: String { String(field.dropFirst(36).prefix(16)) }

    /// Octets of a field: version 00 has 55, and what later versions add is repeated in the answer.
    private static let maximumBytes = 512

    /// Reads `00-<trace id>-<parent id>-<flags>`, and what later versions may add; `nil` for anything else, which the
    /// standard says to ignore (section 3.2).
    init?(_ fields: HTTPFields) {
        guard let field = fields[.traceparent], field.utf8.count <= Self.maximumBytes else { return nil }
        let parts = field.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, zip(parts, [2, 32, 16, 2]).allSatisfy({ Self.isHexadecimal($0, count: $1) }),
            parts[0] != "ff", parts[0] != "00" || parts.count == 4,
            parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" })
        else { return nil }
        self.field = field
    }

    private static func isHexadecimal(_ text: Substring, count: Int) -> Bool {
        text.utf8.count == count
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}
