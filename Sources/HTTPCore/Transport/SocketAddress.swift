internal import Glibc

/// An IPv4 or IPv6 address in numbers, with a port.
public struct SocketAddress: Sendable, Hashable, CustomStringConvertible {
    /// The address without brackets: `127.0.0.1`, `::1`.
    public var host: String

    /// The port, 0 to 65535.
    public var port: Int

    /// Makes an address from its parts.
    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// `127.0.0.1:8080`, or `[::1]:8080`.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Reads the numbers out of a socket address of the system; nil for families other than IPv4 and IPv6.
    init?(_ storage: sockaddr_storage) {
        var storage = storage
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = Int32(storage.ss_family)
        let port: in_port_t? = withUnsafePointer(to: &storage) { pointer in
            let raw = UnsafeRawPointer(pointer)
            switch family {
            case AF_INET:
                var address = raw.load(as: sockaddr_in.self)
                inet_ntop(family, &address.sin_addr, &text, socklen_t(text.count))
                return address.sin_port
            case AF_INET6:
                var address = raw.load(as: sockaddr_in6.self)
                inet_ntop(family, &address.sin6_addr, &text, socklen_t(text.count))
                return address.sin6_port
            default:
                return nil
            }
        }
        guard let port else { return nil }
        self.init(
            host: String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self),
            port: Int(in_port_t(bigEndian: port))
        )
    }
}
