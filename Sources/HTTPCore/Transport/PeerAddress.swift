internal import Glibc

/// Who a peer is for the sake of fairness: an IPv4 address, or the first 64 bits of an IPv6 one.
///
/// A host has a whole /64 of IPv6 addresses to choose from (RFC 4291 section 2.5.4), so one of them says nothing.
struct PeerAddress: Sendable, Hashable {
    private let isIPv6: Bool
    private let prefix: UInt64

    /// An IPv4 address by its four octets in one number.
    init(ipv4: UInt32) {
        isIPv6 = false
        prefix = UInt64(ipv4)
    }

    /// Reads it out of a socket address of the system; all of other families are one peer.
    init(_ storage: sockaddr_storage) {
        let family = Int32(storage.ss_family)
        self = withUnsafeBytes(of: storage) { raw in
            switch family {
            case AF_INET:
                return PeerAddress(ipv4: raw.load(as: sockaddr_in.self).sin_addr.s_addr)
            case AF_INET6:
                // The address stands behind family, port and flow: 8 octets.
                let address = raw[8..<24]
                let isMapped = address[8..<18].allSatisfy { $0 == 0 } && address[18..<20].allSatisfy { $0 == 0xFF }
                if isMapped { return PeerAddress(ipv4: raw.loadUnaligned(fromByteOffset: 20, as: UInt32.self)) }
                return PeerAddress(isIPv6: true, prefix: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            default:
                return PeerAddress(isIPv6: true, prefix: 0)
            }
        }
    }

    private init(isIPv6: Bool, prefix: UInt64) {
        self.isIPv6 = isIPv6
        self.prefix = prefix
    }
}
