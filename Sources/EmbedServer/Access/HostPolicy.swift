import HTTPTypes

/// Which names a request may call the server by: the host in `Host` (RFC 9110 section 7.2), whatever its port.
///
/// A name of somebody else's may lead to this machine, because who owns it says so (DNS rebinding). To a browser the
/// pages under that name and this server are then one origin, and no other rule of its keeps them apart. Addresses and
/// `localhost` cannot be given away like this.
struct HostPolicy: Sendable {
    /// What may be called besides names of this machine; `nil` lets every name pass.
    private let names: Set<HostName>?

    /// The setting that lets every name pass.
    static let any = "*"

    /// - Parameters:
    ///   - host: where the server listens.
    ///   - allowedHosts: what the operator says it may be called.
    ///   - isLocked: whether requests need a key, which a page does not have.
    init(listeningOn host: String, allowedHosts: [String], isLocked: Bool) {
        let isPrivate = !isLocked && HostName(host)?.isLoopback == true
        if allowedHosts.contains(Self.any) || allowedHosts.isEmpty && !isPrivate {
            names = nil
        } else {
            names = Set(([host] + allowedHosts).compactMap { HostName($0) })
        }
    }

    /// Whether a request with this `Host` is served; `nil` is HTTP/1.0 without one, which no browser speaks.
    func allows(_ authority: String?) -> Bool {
        guard let names, let authority else { return true }
        guard let (host, _) = HostName.parse(authority: authority) else { return false }
        return host.isLoopback || names.contains(host)
    }

    /// Refuses a request that means another server (RFC 9110 section 15.5.20).
    func check(_ authority: String?) throws(APIError) {
        if allows(authority) { return }
        throw APIError(
            status: .misdirectedRequest,
            code: "HOST_NOT_ALLOWED",
            openAICode: "host_not_allowed",
            message: """
                The request's Host is no name of this server. If it should be, its operator can add it to \
                server.allowedHosts.
                """
        )
    }
}
