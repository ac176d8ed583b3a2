import Testing

@testable import HTTPCore

@Suite struct PlacesTests {
    private static func place(
        _ peer: UInt32,
        _ standing: ConnectionSlot.Standing,
        since: UInt64 = 0,
        isReserved: Bool = false
    ) -> Places.Place {
        Places.Place(peer: PeerAddress(ipv4: peer), isReserved: isReserved, standing: (standing, since))
    }

    private func decide(_ places: [Places.Place], newcomer: UInt32, now: UInt64 = 10_000) -> ConnectionSlots.Decision {
        Places(places, limit: 4, reserve: 2, now: now).decide(about: PeerAddress(ipv4: newcomer))
    }

    @Test func freePlacesAreGivenToEverybody() {
        let places = [UInt32](repeating: 1, count: 3).map { Self.place($0, .busy) }
        #expect(decide(places, newcomer: 1) == .ordinary)
        #expect(decide(places + [Self.place(1, .leaving)], newcomer: 1) == .ordinary)
    }

    @Test func theLongestIdleOfWhoeverHasMostGoesFirst() {
        let places = [
            Self.place(1, .idle, since: 1), Self.place(2, .idle, since: 3), Self.place(2, .idle, since: 2),
            Self.place(2, .busy),
        ]
        #expect(decide(places, newcomer: 3) == .instead(of: 2))
        #expect(decide(places, newcomer: 2) == .instead(of: 2), "at its own cost")
    }

    @Test func nobodyLosesAPlaceToSomebodyWhoHasMore() {
        let places = [
            Self.place(1, .busy), Self.place(1, .busy), Self.place(1, .busy), Self.place(2, .idle, since: 1),
        ]
        #expect(decide(places, newcomer: 1) == .reserved)
        #expect(decide(places, newcomer: 3) == .instead(of: 3), "an idle one is the first to go among equals")
        let unfinished = [
            Self.place(1, .busy), Self.place(1, .busy), Self.place(1, .busy), Self.place(2, .head, since: 1),
        ]
        #expect(decide(unfinished, newcomer: 3) == .reserved)
    }

    @Test func slowHeadsBodiesAndReadersGiveWayToOthersOnly() {
        for (standing, patience) in [(ConnectionSlot.Standing.head, 500), (.body, 2_000), (.answer, 2_000)] {
            let places = (0..<4).map { Self.place(1, standing, since: 10 + UInt64($0)) }
            let early = 9 + UInt64(patience)
            #expect(decide(places, newcomer: 2, now: early) == .reserved, "\(standing) still has time")
            #expect(decide(places, newcomer: 2, now: early + 1) == .instead(of: 0))
            let own: ConnectionSlots.Decision = standing == .head ? .instead(of: 0) : .reserved
            #expect(decide(places, newcomer: 1, now: early + 1) == own)
        }
    }

    @Test func placesForProbesTurnOverAtOnce() {
        let busy = (0..<4).map { _ in Self.place(1, .busy) }
        let reserved = [
            Self.place(1, .head, since: 9_999, isReserved: true),
            Self.place(1, .parked, since: 9_998, isReserved: true),
        ]
        #expect(decide(busy + reserved, newcomer: 1) == .instead(of: 5))
        let answering = (0..<2).map { _ in Self.place(1, .busy, isReserved: true) }
        #expect(decide(busy + answering, newcomer: 1) == .wait)
    }

    @Test func aBusyConnectionIsNeverSentAway() {
        var generator = SplitMix(seed: 3)
        for _ in 0..<10_000 {
            let places = (0..<6).map { index in
                Self.place(
                    UInt32.random(in: 1...3, using: &generator),
                    ConnectionSlot.Standing(rawValue: Int.random(in: 0...7, using: &generator)) ?? .busy,
                    since: UInt64.random(in: 0...10_000, using: &generator),
                    isReserved: index > 3
                )
            }
            guard case .instead(let victim) = decide(places, newcomer: 1) else { continue }
            #expect(places[victim].standing.0 != .busy && places[victim].standing.0 != .leaving)
        }
    }
}
