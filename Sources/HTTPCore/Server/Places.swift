/// Who gets a place among a server's connections, and who has to go for it: a pure decision.
///
/// While there are free places everybody gets one. Then a newcomer gets the place of a connection that is of no use now,
/// of the peer that has most; but no peer gets a place at the cost of one that has no more than itself. So one peer may
/// have all places while nobody else wants them, and no peer can keep the others out. Who cannot have an ordinary place
/// gets one of those kept for probes; there, whoever has not sent its request goes first.
struct Places {
    /// One place that is taken.
    struct Place {
        let peer: PeerAddress
        let isReserved: Bool
        let standing: (ConnectionSlot.Standing, since: UInt64)
    }

    private let places: [Place]
    private let limit: Int
    private let reserve: Int
    private let now: UInt64

    /// How long a connection may take for its head, or the next octets of a body or an answer, before others may want its
    /// place, in milliseconds.
    private static let patience: [ConnectionSlot.Standing: UInt64] = [
        .idle: 0, .lingering: 0, .head: 500, .body: 2_000, .answer: 2_000,
    ]

    /// Describes the places that are taken, `now` milliseconds after some moment.
    init(_ places: [Place], limit: Int, reserve: Int, now: UInt64) {
        self.places = places
        self.limit = limit
        self.reserve = reserve
        self.now = now
    }

    /// Decides about a newcomer.
    func decide(about peer: PeerAddress) -> ConnectionSlots.Decision {
        var counts: [PeerAddress: Int] = [:]
        var ordinary = 0
        for place in places {
            counts[place.peer, default: 0] += 1
            if !place.isReserved, place.standing.0 != .leaving { ordinary += 1 }
        }
        if ordinary < limit { return .ordinary }
        if let victim = ordinaryVictim(counts, newcomer: peer) { return .instead(of: victim) }
        let reserved = places.count { $0.isReserved && $0.standing.0 != .leaving }
        if reserved < reserve { return .reserved }
        return reservedVictim().map { .instead(of: $0) } ?? .wait
    }

    /// A connection of the peer that has most, which is of no use now.
    private func ordinaryVictim(_ counts: [PeerAddress: Int], newcomer: PeerAddress) -> Int? {
        let own = counts[newcomer] ?? 0
        var best: (index: Int, count: Int, standing: Int, since: UInt64)?
        for (index, place) in places.enumerated() where !place.isReserved {
            let (standing, since) = place.standing
            guard let patience = Self.patience[standing], now >= since + patience else { continue }
            let count = counts[place.peer] ?? 0
            // A peer can always have its own place, and an idle one of somebody who will still have as many.
            let isOwn = place.peer == newcomer
            guard isOwn || count > own + 1 || standing == .idle && count > own else { continue }
            if isOwn, standing == .body || standing == .answer { continue }
            let candidate = (index, count, standing.rawValue, since)
            guard let present = best else {
                best = candidate
                continue
            }
            let isBetter =
                (-candidate.1, candidate.2, candidate.3) < (-present.count, present.standing, present.since)
            if isBetter { best = candidate }
        }
        return best?.index
    }

    /// The connection that has been on a place for probes longest without a handler at work.
    private func reservedVictim() -> Int? {
        places.indices.filter {
            places[$0].isReserved && places[$0].standing.0.rawValue < ConnectionSlot.Standing.busy.rawValue
        }
        .min { places[$0].standing.since < places[$1].standing.since }
    }
}
