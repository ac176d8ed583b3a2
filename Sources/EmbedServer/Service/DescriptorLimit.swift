import Glibc
import HTTPCore

/// How many descriptors the process may have, and what that means for connections, which take two each.
struct DescriptorLimit: Equatable {
    /// The descriptors, sockets and files together.
    let descriptors: Int

    /// Descriptors for anything but connections: models, batches, logs, the listener.
    private static let otherDescriptors = 128
    /// Connections that are kept for probes, where there are descriptors enough.
    private static let probeConnections = 64

    /// Raises the soft limit to the hard one (getrlimit(2)): programs that use select(2) need the low one, this does not.
    static func raised() -> DescriptorLimit {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return DescriptorLimit(descriptors: 1_024) }
        let soft = limit.rlim_cur
        limit.rlim_cur = limit.rlim_max
        if setrlimit(resource, &limit) != 0 { limit.rlim_cur = soft }
        return DescriptorLimit(descriptors: Int(min(limit.rlim_cur, 1 << 30)))
    }

    /// Connections that can be had of `wanted`, and those for probes beside them.
    func connections(of wanted: Int) -> (ordinary: Int, probes: Int) {
        let pairs = (descriptors - min(Self.otherDescriptors, descriptors / 2)) / 2
        let probes = min(Self.probeConnections, max(1, pairs / 8))
        return (max(1, min(wanted, pairs - probes)), probes)
    }
}

extension ServerConfiguration {
    /// Takes no more connections than there are descriptors for.
    ///
    /// - Returns: whether that is fewer than were asked for.
    mutating func fit(_ limit: DescriptorLimit) -> Bool {
        let wanted = maximumConnections
        (maximumConnections, probeConnections) = limit.connections(of: wanted)
        return maximumConnections < wanted
    }
}
