internal import Glibc
internal import Synchronization

/// The places of a server's connections: ordinary ones, and a few that are kept for probes.
///
/// The listener alone takes places; connections give theirs back, and say where they stand.
final class ConnectionSlots: Sendable {
    /// What becomes of a newcomer.
    enum Decision: Equatable {
        /// It gets an ordinary place.
        case ordinary
        /// It gets a place for probes.
        case reserved
        /// It gets the place of this one, which is sent away.
        case instead(of: Int)
        /// It waits in the kernel's backlog.
        case wait
    }

    private let limit: Int
    private let reserve: Int
    private let held = Mutex<[ConnectionSlot]>([])
    private let taken = Atomic(0)
    private let isAwaited = Atomic(false)
    private let wake: Mutex<@Sendable () -> Void> = Mutex {}

    /// Connections open now.
    var count: Int { taken.load(ordering: .acquiring) }

    /// Makes `limit` ordinary places, and `reserve` for probes.
    init(limit: Int, reserve: Int) {
        self.limit = limit
        self.reserve = reserve
    }

    /// All places that are taken.
    func all() -> [ConnectionSlot] {
        held.withLock { slots in
            slots.removeAll(where: \.isReleased)
            return slots
        }
    }

    /// Whether there are ordinary places, as far as can be told without looking at them.
    var hasRoom: Bool { count < limit }

    /// Whether connections that are being sent away have to be gone before others can come.
    var isCrowded: Bool { count >= limit + 2 * reserve + 1 }

    /// Takes a place; only the listener does.
    func take(_ slot: ConnectionSlot) {
        taken.wrappingAdd(1, ordering: .acquiringAndReleasing)
        held.withLock { slots in
            if slots.count >= 2 * (limit + reserve) { slots.removeAll(where: \.isReleased) }
            slots.append(slot)
        }
    }

    /// Decides about a newcomer when places may have run out.
    func decide(about peer: PeerAddress) -> (Decision, [ConnectionSlot]) {
        let slots = all()
        let places = slots.map { Places.Place(peer: $0.peer, isReserved: $0.isReserved, standing: $0.standing) }
        let decision = Places(places, limit: limit, reserve: reserve, now: Self.milliseconds).decide(about: peer)
        return (decision, slots)
    }

    /// The place that has been idle longest.
    func longestIdle() -> ConnectionSlot? {
        all().filter { $0.standing.0 == .idle }.min { $0.standing.since < $1.standing.since }
    }

    /// Gives ordinary places to requests that wait for one on places for probes, first come, first served, as far as there
    /// are any or others have no use for theirs.
    ///
    /// - Returns: Whether any is left that waits.
    func promote() -> Bool {
        let waiting = all().filter { $0.isReserved && $0.standing.0 == .parked }
            .sorted { $0.standing.since < $1.standing.since }
        for slot in waiting {
            let (decision, slots) = decide(about: slot.peer)
            switch decision {
            case .ordinary: break
            case .instead(let victim) where !slots[victim].isReserved: slots[victim].evict()
            default: return true
            }
            slot.promote()
        }
        return false
    }

    /// A connection is gone.
    func released() {
        taken.wrappingSubtract(1, ordering: .acquiringAndReleasing)
        roomMayBeMade()
    }

    /// Says that a connection could be closed for a newcomer.
    func roomMayBeMade() {
        if isAwaited.exchange(false, ordering: .acquiringAndReleasing) {
            wake.withLock { $0 }()
        }
    }

    /// Has `wake` called once after the next release or idle connection; it may come at once.
    func awaitRoom(_ wake: @escaping @Sendable () -> Void) {
        self.wake.withLock { $0 = wake }
        isAwaited.store(true, ordering: .sequentiallyConsistent)
    }

    /// The time on a clock that never goes back, in milliseconds.
    static var milliseconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
    }
}
