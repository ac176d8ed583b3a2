/// The origin of a web page as browsers write it (RFC 6454 section 6.2): `https://app.example`, `http://localhost:3000`.
struct Origin {
    /// Scheme and host in lower case, and the port unless it is the scheme's own.
    let serialized: String

    /// What an item of `cors.allowedOrigins` stands for: an origin, `*` for any, or `null` for pages without one.
    static func allowed(_ text: String) throws(SettingFault) -> String {
        if text == "*" || text == "null" { return text }
        return try Origin(text).serialized
    }

    private static let defaultPorts = ["http": 80, "https": 443]

    /// Reads an origin of the configuration, and writes it as browsers do: in lower case, without the default port and
    /// without a slash at the end.
    ///
    /// - Throws: for what no browser sends, such as paths and wildcards.
    init(_ text: String) throws(SettingFault) {
        let parts = text.lowercased().split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else {
            throw SettingFault(reason: "\"\(text)\" is no origin; expected one such as https://app.example, or *")
        }
        var authority = parts[1]
        if authority.hasSuffix("/") { authority.removeLast() }
        // Pages of apps that come from files have the origin `file://` in some web views.
        guard !authority.isEmpty || parts[0] == "file",
            !authority.contains(where: { "/?#@* ".contains($0) || !$0.isASCII })
        else {
            throw SettingFault(
                reason: "\"\(text)\" is no origin; expected scheme, host and port without path or wildcard (a host in "
                    + "its ASCII form), or * for any"
            )
        }
        // The last colon, unless it is inside the brackets of an IPv6 address.
        if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
            guard let port = Int(authority[authority.index(after: colon)...]), (0...65_535).contains(port) else {
                throw SettingFault(reason: "\"\(text)\" is no origin; expected a port from 0 to 65535 after the host")
            }
            authority = authority[..<colon]
            if Self.defaultPorts[String(parts[0])] != port { authority += ":\(port)" }
        }
        serialized = "\(parts[0])://\(authority)"
    }
}
