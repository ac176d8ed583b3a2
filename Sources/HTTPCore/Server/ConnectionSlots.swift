internal import Synchronization

/// Counts the open connections of a server against their limit, and wakes the listener when it waits for room.
final class ConnectionSlots: Sendable {
    private let limit: Int
    private let taken = Atomic(0)
    private let isAwaited = Atomic(false)
    private let wake: Mutex<@Sendable () -> Void> = Mutex {}

    /// Connections open now.
    var count: Int { taken.load(ordering: .acquiring) }

    /// Whether another connection would be one too many.
    var isFull: Bool { count >= limit }

    /// Makes `limit` free slots.
    init(limit: Int) {
        self.limit = limit
    }

    /// Counts a connection in; only the listener does, so that it cannot overshoot.
    func take() {
        taken.wrappingAdd(1, ordering: .acquiringAndReleasing)
    }

    /// Counts a connection out, once its descriptor is closed.
    func release() {
        taken.wrappingSubtract(1, ordering: .acquiringAndReleasing)
        roomMayBeMade()
    }

    /// Says that a connection has become idle, and could be closed for a newcomer.
    func roomMayBeMade() {
        if isAwaited.exchange(false, ordering: .acquiringAndReleasing) { wake.withLock { $0 }() }
    }

    /// Has `wake` called once after the next release or idle connection; it may come at once.
    func awaitRoom(_ wake: @escaping @Sendable () -> Void) {
        self.wake.withLock { $0 = wake }
        isAwaited.store(true, ordering: .sequentiallyConsistent)
    }
}
