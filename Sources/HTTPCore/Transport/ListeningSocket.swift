internal import Glibc

/// Makes listening sockets.
enum ListeningSocket {
    /// Resolves the host, binds, and listens; returns the socket and the address it is bound to.
    static func open(host: String, port: Int, backlog: Int) throws(ServerError) -> (Int32, SocketAddress) {
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, String(port), &hints, &list)
        guard status == 0, let first = list else {
            throw .unknownHost(host, reason: String(cString: gai_strerror(status)))
        }
        defer { freeaddrinfo(list) }
        let wanted = SocketAddress(host: host, port: port).description
        return try listen(first.pointee, backlog: backlog, wanted: wanted)
    }

    private static func listen(
        _ info: addrinfo,
        backlog: Int,
        wanted: String
    ) throws(ServerError) -> (Int32, SocketAddress) {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(info.ai_family, kind, 0)
        guard descriptor >= 0 else { throw .cannotListen(address: wanted, reason: String(cString: strerror(errno))) }
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, size)
        // Accepted sockets inherit this: an answer in two pieces would else wait for the peer's delayed ACK.
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, size)
        // Octets that the kernel takes beyond those on their way: more would be memory that no limit of ours counts.
        var unsent = Int32(128 * 1024)
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NOTSENT_LOWAT, &unsent, size)
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let bound = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, info.ai_addr, info.ai_addrlen) == 0
                    && Glibc.listen(descriptor, Int32(backlog)) == 0
                    && getsockname(descriptor, address, &length) == 0
            }
        }
        guard bound, let address = SocketAddress(storage) else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw .cannotListen(address: wanted, reason: reason)
        }
        return (descriptor, address)
    }
}
