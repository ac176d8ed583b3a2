internal import Synchronization

/// The place of one connection among those of its server: who has it, and what it is used for now.
///
/// The connection says where it stands, the listener reads it when somebody has to go.
final class ConnectionSlot: Sendable {
    /// What a connection does, as far as others may want its place; the order is that in which they go.
    enum Standing: Int, Sendable {
        /// Between two requests.
        case idle
        /// After its last answer.
        case lingering
        /// Before its first request, or in a head.
        case head
        /// On a place for probes, with a request that waits for another.
        case parked
        /// In a body.
        case body
        /// In an answer that the client takes.
        case answer
        /// With a handler at work: it is not sent away.
        case busy
        /// Being sent away.
        case leaving
    }

    let peer: PeerAddress
    let loop: EventLoop
    let number: UInt64
    private let slots: ConnectionSlots
    private let reserved: Atomic<Bool>
    private let released = Atomic(false)
    /// Octets since the present wait began; the connection's loop alone writes it.
    private let moved = Atomic(0)

    /// Octets that a body or an answer must move to count as moving.
    private static let progressBytes = 2_000
    /// The standing in the lowest three bits, above them when it began, in milliseconds.
    private let state: Atomic<UInt64>

    /// Whether it is one of those that are kept for probes.
    var isReserved: Bool { reserved.load(ordering: .relaxed) }

    /// Whether the connection is gone.
    var isReleased: Bool { released.load(ordering: .acquiring) }

    /// What the connection does, and since when.
    var standing: (Standing, since: UInt64) {
        let state = state.load(ordering: .relaxed)
        return (Standing(rawValue: Int(state & 7)) ?? .busy, state >> 3)
    }

    /// Makes the place of a connection that is about to begin.
    init(peer: PeerAddress, loop: EventLoop, number: UInt64, isReserved: Bool, of slots: ConnectionSlots) {
        self.peer = peer
        self.loop = loop
        self.number = number
        self.slots = slots
        reserved = Atomic(isReserved)
        state = Atomic(ConnectionSlots.milliseconds << 3 | UInt64(Standing.head.rawValue))
    }

    /// Says that octets have moved: after so many of them a wait counts from now.
    ///
    /// A single octet is not enough, or whoever sends one every second would keep a place for ever.
    func progress(_ octets: Int) {
        let moved = moved.wrappingAdd(octets, ordering: .relaxed).newValue
        guard moved >= Self.progressBytes else { return }
        self.moved.store(0, ordering: .relaxed)
        let (standing, _) = self.standing
        if standing == .body || standing == .answer { begin(standing) }
    }

    private func begin(_ standing: Standing) {
        state.store(ConnectionSlots.milliseconds << 3 | UInt64(standing.rawValue), ordering: .relaxed)
    }

    /// Says what the connection does now.
    func stand(_ standing: Standing) {
        let (present, _) = self.standing
        guard present != standing, present != .leaving else { return }
        begin(standing)
        // A place may go from the one to the other.
        if standing == .idle || standing == .parked { slots.roomMayBeMade() }
    }

    /// Sends the connection away; its place counts no longer.
    func evict() {
        stand(.leaving)
        let number = number
        loop.execute { $0.connection(number)?.evict() }
    }

    /// Becomes one of the ordinary places.
    func promote() {
        reserved.store(false, ordering: .relaxed)
        let number = number
        loop.execute { $0.connection(number)?.promote() }
    }

    /// The connection is gone, and its descriptors are closed.
    func release() {
        released.store(true, ordering: .releasing)
        slots.released()
    }
}
