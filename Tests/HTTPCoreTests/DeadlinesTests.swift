import Testing

@testable import HTTPCore

/// A clock that the test moves.
@Suite struct DeadlinesTests {
    private let start = ContinuousClock.now
    private var deadlines = Deadlines { kind in
        switch kind {
        case .head: .seconds(10)
        case .idle: .seconds(75)
        case .body: .seconds(20)
        case .write: .seconds(30)
        case .linger: .seconds(2)
        }
    }

    private func at(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

    @Test mutating func expireInOrderAndNotBefore() {
        _ = deadlines.add(.head, for: 1, now: at(0))
        _ = deadlines.add(.head, for: 2, now: at(3))
        _ = deadlines.add(.idle, for: 3, now: at(3))
        #expect(deadlines.popExpired(now: at(9)) == nil)
        #expect(deadlines.popExpired(now: at(10))?.owner == 1)
        #expect(deadlines.popExpired(now: at(10)) == nil)
        #expect(deadlines.popExpired(now: at(100))?.owner == 2)
        #expect(deadlines.popExpired(now: at(100))?.kind == .idle)
        #expect(deadlines.popExpired(now: at(1000)) == nil)
    }

    @Test mutating func aClockThatJumpsExpiresAllThatIsDueOnce() {
        for owner in 0..<3 { _ = deadlines.add(.head, for: UInt64(owner), now: at(owner)) }
        _ = deadlines.add(.idle, for: 9, now: at(0))
        // The machine was asleep for a day.
        var owners: [UInt64] = []
        while let expired = deadlines.popExpired(now: at(86_400)) { owners.append(expired.owner) }
        #expect(owners == [0, 1, 2, 9])
        _ = deadlines.add(.head, for: 4, now: at(86_400))
        #expect(deadlines.popExpired(now: at(86_409)) == nil)
        #expect(deadlines.popExpired(now: at(86_410))?.owner == 4)
    }

    @Test mutating func removedOnesDoNotExpire() {
        let tokens = (0..<5).map { deadlines.add(.idle, for: $0, now: at(Int($0))) }
        for index in [2, 0, 4] { deadlines.remove(tokens[index]) }
        #expect(deadlines.oldest(.idle)?.owner == 1)
        _ = deadlines.add(.idle, for: 9, now: at(6))
        var owners: [UInt64] = []
        while let expired = deadlines.popExpired(now: at(500)) { owners.append(expired.owner) }
        #expect(owners == [1, 3, 9])
        #expect(deadlines.oldest(.idle) == nil)
    }
}
