import Testing

@testable import HTTPCore

@Suite struct BufferTests {
    @Test func theInputNeverHoldsMoreThanItsCapacity() {
        var buffer = InputBuffer(capacity: 100)
        var generator = SplitMix(seed: 7)
        var expected: [UInt8] = []
        var number: UInt8 = 0
        for _ in 0..<10_000 {
            let count = Int.random(in: 0...buffer.room, using: &generator)
            let octets = (0..<count).map { _ -> UInt8 in
                number &+= 1
                return number
            }
            buffer.append(octets.span)
            expected += octets
            buffer.consume { span, position in
                let count = Int.random(in: 0...(span.count - position), using: &generator)
                for offset in 0..<count { #expect(span[position + offset] == expected[offset]) }
                // The consumed prefix counts too: it is memory.
                #expect(span.count <= 100)
                position += count
                expected.removeFirst(count)
            }
            #expect(buffer.count == expected.count && buffer.room == 100 - expected.count)
        }
    }

    @Test func theOutputGivesOutWhatWasAppended() {
        var buffer = OutputBuffer(capacity: 100)
        var generator = SplitMix(seed: 8)
        var expected: [UInt8] = []
        for number in 0..<10_000 {
            let octets = [UInt8](
                repeating: UInt8(truncatingIfNeeded: number),
                count: Int.random(in: 0...buffer.room, using: &generator)
            )
            if number.isMultiple(of: 2) { buffer.append(octets) } else { buffer.append(moving: octets) }
            expected += octets
            #expect(Array(buffer.unsent) == expected && buffer.count <= 100)
            let count = Int.random(in: 0...buffer.count, using: &generator)
            buffer.consume(count)
            expected.removeFirst(count)
        }
    }

    @Test func aBudgetLeavesHalfToOthers() {
        let budget = MemoryBudget(limit: 1_000)
        let (one, other, third) = (PeerAddress(ipv4: 1), PeerAddress(ipv4: 2), PeerAddress(ipv4: 3))
        var share: MemoryShare? = MemoryShare(of: budget, for: one)
        #expect(share?.grow(to: 400) == true)
        #expect(share?.grow(to: 300) == true, "a share never shrinks")
        #expect(budget.held == 400)
        let second = MemoryShare(of: budget, for: one)
        #expect(!second.grow(to: 101))
        #expect(second.grow(to: 100))
        #expect(!budget.hasRoom(for: 1, of: one))
        #expect(budget.hasRoom(for: 500, of: other))
        let another = MemoryShare(of: budget, for: other)
        #expect(another.grow(to: 450))
        #expect(!budget.hasRoom(for: 51, of: third) && budget.hasRoom(for: 50, of: third))
        share = nil
        #expect(budget.held == 550)
        #expect(budget.hasRoom(for: 400, of: one))
        // One body or answer may have all there is, or a small budget would have no room for a large one.
        let small = MemoryBudget(limit: 100)
        let whole = MemoryShare(of: small, for: one)
        #expect(whole.grow(to: 60) && whole.grow(to: 100) && !whole.grow(to: 101))
    }
}
