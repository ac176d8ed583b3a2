internal import Synchronization

/// The running counts of a server, shared by its event loops.
final class ServerCounters: Sendable {
    let connectionsAccepted = Atomic(0)
    let connectionsShed = Atomic(0)
    let connectionsEvicted = Atomic(0)
    let requests = Atomic(0)
    let requestsInFlight = Atomic(0)
    let requestsCancelled = Atomic(0)
    let errors = Atomic(0)
    let bytesReceived = Atomic(0)
    let bytesSent = Atomic(0)

    /// Reads each count; they belong to slightly different moments.
    func snapshot(connectionsOpen: Int) -> ServerStatistics {
        var statistics = ServerStatistics()
        statistics.connectionsOpen = connectionsOpen
        statistics.connectionsAccepted = connectionsAccepted.load(ordering: .relaxed)
        statistics.connectionsShed = connectionsShed.load(ordering: .relaxed)
        statistics.connectionsEvicted = connectionsEvicted.load(ordering: .relaxed)
        statistics.requests = requests.load(ordering: .relaxed)
        statistics.requestsInFlight = requestsInFlight.load(ordering: .relaxed)
        statistics.requestsCancelled = requestsCancelled.load(ordering: .relaxed)
        statistics.errors = errors.load(ordering: .relaxed)
        statistics.bytesReceived = bytesReceived.load(ordering: .relaxed)
        statistics.bytesSent = bytesSent.load(ordering: .relaxed)
        return statistics
    }
}

extension Atomic<Int> {
    /// Counts up, or down, in no order with other memory.
    func add(_ amount: Int = 1) {
        wrappingAdd(amount, ordering: .relaxed)
    }
}
