/// The grammar of `uri-host [ ":" port ]`: the value of Host and the authority of a request-target.
///
/// RFC 9110 section 7.2 and RFC 3986 section 3.2. Stricter in two points: a port is at most 65535, and a reg-name holds
/// no comma, because `a,b` is what two Host lines look like once a proxy has joined them.
enum Authority {
    /// Whether `octets` is a host that is not empty, with a port if `needsPort`.
    static func isValid(_ octets: some BidirectionalCollection<UInt8>, needsPort: Bool = false) -> Bool {
        let octets = Array(octets)
        let end: Int
        if octets.first == 0x5B {
            guard let close = octets.firstIndex(of: 0x5D), isLiteral(octets[1..<close]) else { return false }
            end = close + 1
        } else {
            end = octets.firstIndex(of: .colon) ?? octets.count
            guard end > 0, isRegisteredName(octets[..<end]) else { return false }
        }
        guard end < octets.count else { return !needsPort }
        return octets[end] == .colon && isPort(octets[(end + 1)...], mayBeEmpty: !needsPort)
    }

    /// port = *DIGIT (RFC 3986 section 3.2.3), of 16 bits.
    private static func isPort(_ octets: ArraySlice<UInt8>, mayBeEmpty: Bool) -> Bool {
        var value = 0
        for octet in octets {
            guard octet.isDigit else { return false }
            value = value * 10 + Int(octet - 0x30)
            guard value <= 65535 else { return false }
        }
        return mayBeEmpty || !octets.isEmpty
    }

    /// reg-name = *( unreserved / pct-encoded / sub-delims ), which covers IPv4 addresses too.
    private static func isRegisteredName(_ octets: ArraySlice<UInt8>) -> Bool {
        var position = octets.startIndex
        while position < octets.endIndex {
            if octets[position] == .percent {
                guard PercentEncoding.isValid(octets, at: position) else { return false }
                position += 3
            } else {
                guard octets[position].isNameOctet, octets[position] != .comma else { return false }
                position += 1
            }
        }
        return true
    }

    /// IP-literal without its brackets: IPv6address / IPvFuture.
    private static func isLiteral(_ octets: ArraySlice<UInt8>) -> Bool {
        guard let first = octets.first, first | 0x20 == 0x76 else { return isIPv6(octets) }
        // IPvFuture = "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )
        guard let dot = octets.firstIndex(of: 0x2E), dot > octets.startIndex + 1, dot + 1 < octets.endIndex else {
            return false
        }
        return octets[(octets.startIndex + 1)..<dot].allSatisfy { $0.hexadecimalValue != nil }
            && octets[(dot + 1)...].allSatisfy { $0.isNameOctet || $0 == .colon }
    }

    /// IPv6address: eight groups of 1 to 4 hexadecimal digits, one run of them `::`, the last two perhaps dotted.
    private static func isIPv6(_ octets: ArraySlice<UInt8>) -> Bool {
        var groups = 0
        var isCompressed = false
        var position = octets.startIndex
        if octets.starts(with: [.colon, .colon]) {
            isCompressed = true
            position += 2
        }
        while position < octets.endIndex {
            let end = octets[position...].firstIndex(of: .colon) ?? octets.endIndex
            let group = octets[position..<end]
            if end == octets.endIndex, group.contains(0x2E) {
                guard isIPv4(group) else { return false }
                groups += 2
                position = end
                break
            }
            guard (1...4).contains(group.count), group.allSatisfy({ $0.hexadecimalValue != nil }) else { return false }
            groups += 1
            guard end < octets.endIndex else {
                position = end
                break
            }
            position = end + 1
            if position < octets.endIndex, octets[position] == .colon {
                guard !isCompressed else { return false }
                isCompressed = true
                position += 1
            } else if position == octets.endIndex {
                return false
            }
        }
        return isCompressed ? groups <= 7 : groups == 8
    }

    /// IPv4address: four dec-octets without leading zeros.
    private static func isIPv4(_ octets: ArraySlice<UInt8>) -> Bool {
        let parts = octets.split(separator: 0x2E, omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.count) && part.allSatisfy(\.isDigit)
                    && (part.count == 1 || part.first != 0x30)
                    && part.reduce(0) { $0 * 10 + Int($1 - 0x30) } <= 255
            }
    }
}

/// pct-encoded = "%" HEXDIG HEXDIG (RFC 3986 section 2.1).
enum PercentEncoding {
    /// Whether two hexadecimal digits follow the percent sign at `position`.
    static func isValid(_ octets: ArraySlice<UInt8>, at position: Int) -> Bool {
        position + 2 < octets.endIndex
            && octets[position + 1].hexadecimalValue != nil && octets[position + 2].hexadecimalValue != nil
    }
}
