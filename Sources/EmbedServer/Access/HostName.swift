import Glibc

/// A host as it is compared: the uri-host of RFC 3986 section 3.2.2, in one spelling.
struct HostName: Sendable, Hashable {
    /// A name in lower case without a dot at its end, or an address without brackets; never empty.
    let text: String

    /// The host and the port of `uri-host [ ":" port ]`, the value of Host; `nil` where there is no host.
    ///
    /// A port that is empty is none (RFC 3986 section 6.2.3).
    static func parse(authority: some StringProtocol) -> (host: HostName, port: String?)? {
        let octets = authority.utf8
        // An address of IPv6 has colons of its own, and brackets around it.
        let end =
            octets.first == UInt8(ascii: "[")
            ? octets.firstIndex(of: UInt8(ascii: "]")).map(octets.index(after:)) : octets.firstIndex(of: 0x3A)
        let port = authority[(end ?? authority.endIndex)...].dropFirst()
        guard let host = HostName(authority[..<(end ?? authority.endIndex)]) else { return nil }
        return (host, port.isEmpty ? nil : String(port))
    }

    /// Reads a name or an address, which may have brackets; `nil` if there is nothing.
    init?(_ text: some StringProtocol) {
        var name = text.lowercased()
        if name.hasPrefix("["), name.hasSuffix("]") {
            name = String(name.dropFirst().dropLast())
        } else if name.hasSuffix(".") {
            // The root of the domain name system (RFC 1034 section 3.1).
            name.removeLast()
        }
        guard !name.isEmpty else { return nil }
        self.text = Self.shortest(ipv6: name) ?? name
    }

    /// Whether a setting is a host and nothing else: letters, digits, `-`, `_` and `.`, or an address.
    static func isPlain(_ text: String) -> Bool {
        if let host = HostName(text), shortest(ipv6: host.text) != nil { return true }
        return !text.isEmpty
            && text.utf8.allSatisfy { octet in
                switch octet {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
                default: false
                }
            }
    }

    /// Whether it is `localhost`, of 127.0.0.0/8, or `::1`: names of this machine that nobody else can give away.
    var isLoopback: Bool {
        if text == "localhost" || text == "::1" { return true }
        var address = in_addr()
        return inet_pton(AF_INET, text, &address) == 1 && UInt32(bigEndian: address.s_addr) >> 24 == 127
    }

    /// The one spelling of RFC 5952; `nil` for what is no address of IPv6.
    private static func shortest(ipv6 text: String) -> String? {
        var address = in6_addr()
        guard inet_pton(AF_INET6, text, &address) == 1 else { return nil }
        var octets = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, &address, &octets, socklen_t(octets.count)) != nil else { return nil }
        return String(decoding: octets.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
