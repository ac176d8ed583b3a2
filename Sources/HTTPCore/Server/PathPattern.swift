/// The path of a route, cut at its slashes.
struct PathPattern: Sendable, Equatable {
    /// What one segment of a path has to be.
    private enum Segment: Sendable, Equatable {
        /// This text, after percent-decoding.
        case literal(String)
        /// Anything but nothing; its value goes by this name.
        case parameter(String)
        /// All segments from here on, at least one octet; their value goes by this name.
        case rest(String)
    }

    /// The pattern as written, less one trailing slash.
    let text: String
    private let segments: [Segment]

    /// Whether the pattern is `*`, every path.
    var isAny: Bool { text == "*" }

    /// Whether the pattern is a path without parameters.
    var isLiteral: Bool { !isAny && segments.allSatisfy { if case .literal = $0 { true } else { false } } }

    /// Cuts `pattern` at its slashes; a last `{name}` stands for all the rest.
    init(_ pattern: String) {
        text = Self.withoutTrailingSlash(pattern)
        let parts = Self.split(text)
        segments = parts.enumerated().map { position, part in
            guard part.first == "{", part.last == "}" else { return .literal(String(part)) }
            let name = String(part.dropFirst().dropLast())
            return position == parts.count - 1 ? .rest(name) : .parameter(name)
        }
    }

    /// The values of the parameters, percent-decoded, if the path has this shape.
    func match(_ path: [Substring]) -> [String: String]? {
        var values: [String: String] = [:]
        for (position, segment) in segments.enumerated() {
            guard position < path.count else { return nil }
            switch segment {
            case .literal(let text):
                guard Self.decode(path[position]) == text else { return nil }
            case .parameter(let name):
                guard !path[position].isEmpty else { return nil }
                values[name] = Self.decode(path[position])
            case .rest(let name):
                let rest = path[position...].joined(separator: "/")
                guard !rest.isEmpty else { return nil }
                values[name] = Self.decode(rest[...])
                return values
            }
        }
        return segments.count == path.count ? values : nil
    }

    /// The segments behind the first slash: `/a/b` is `a`, `b`.
    static func split(_ path: String) -> [Substring] {
        path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    }

    /// `/a/` is `/a`; `/` stays.
    static func withoutTrailingSlash(_ path: String) -> String {
        path.utf8.count > 1 && path.utf8.last == 0x2F ? String(path.dropLast()) : path
    }

    /// Percent-decodes once (RFC 3986 section 2.1); octets that are not UTF-8 become U+FFFD.
    private static func decode(_ text: Substring) -> String {
        guard text.utf8.contains(0x25) else { return String(text) }
        var octets: [UInt8] = []
        var rest = text.utf8[...]
        while let octet = rest.popFirst() {
            // The parser has checked that two hexadecimal digits follow each percent sign.
            if octet == 0x25, let high = rest.popFirst()?.hexadecimalValue, let low = rest.popFirst()?.hexadecimalValue
            {
                octets.append(high << 4 | low)
            } else {
                octets.append(octet)
            }
        }
        return String(decoding: octets, as: UTF8.self)
    }
}
