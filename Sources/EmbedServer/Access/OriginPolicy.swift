import HTTPTypes

/// Which web pages may make a browser send requests.
///
/// Without being asked, a browser sends what a form could send, from any page to any address that it can reach itself,
/// and merely hides the answer. Programs other than browsers send neither of the fields that are looked at.
struct OriginPolicy: Sendable {
    /// Origins such as `https://app.example`; `*` is all.
    let allowedOrigins: [String]

    /// Whether a request may have been sent by a page that it comes from.
    ///
    /// `Sec-Fetch-Site` (Fetch Metadata Request Headers, section 2.3) is the browser's own word, which no page can set,
    /// and holds also where a proxy has changed `Host`. `same-site` is another origin: a site has all ports of a host,
    /// and all hosts of a domain, so that a page of any other server on this machine would pass. A value that the standard
    /// does not know is ignored, as it asks for.
    ///
    /// - Parameters:
    ///   - fields: those of the request.
    ///   - authority: the value of `Host`.
    func allows(_ fields: HTTPFields, authority: String?) -> Bool {
        let origin = fields[.origin]
        if allowedOrigins.contains("*") { return true }
        if let origin, allowedOrigins.contains(origin) { return true }
        switch fields[.secFetchSite] {
        case "same-origin": return true
        case "same-site", "cross-site": return false
        default: return origin.map { Self.isSame($0, authority) } ?? true
        }
    }

    /// Refuses a request that a page of another origin has sent.
    func check(_ fields: HTTPFields, authority: String?) throws(APIError) {
        if allows(fields, authority: authority) { return }
        throw APIError(
            status: .forbidden,
            code: "ORIGIN_NOT_ALLOWED",
            openAICode: "origin_not_allowed",
            message: """
                Pages of other origins may not use this server, unless its operator adds their origin to \
                cors.allowedOrigins.
                """
        )
    }

    /// Whether an origin (RFC 6454 section 6.2) has host and port of the server.
    ///
    /// The scheme is left out: behind a proxy that ends TLS, pages come by https and their requests by http. Who could
    /// put a page of http on the same host and port could also change what is sent there.
    private static func isSame(_ origin: String, _ authority: String?) -> Bool {
        let parts = origin.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1].isEmpty, let usualPort = usualPorts[String(parts[0])],
            let page = HostName.parse(authority: parts[2]),
            let server = authority.flatMap({ HostName.parse(authority: $0) })
        else { return false }
        return page.host == server.host && (page.port ?? usualPort) == (server.port ?? usualPort)
    }

    private static let usualPorts = ["http:": "80", "https:": "443"]
}
