import Testing

@testable import InferenceCore

@Suite struct WeightMemoryTests {
    @Test func allocationsAreAlignedAndApart() {
        let memory = WeightMemory()
        var random = SplitMix(seed: 7)
        var ends: [(start: UInt, end: UInt)] = []
        // Small ones share a piece, larger ones open new pieces, the largest have one each.
        for _ in 0..<60 {
            let size = Int(random.next() % 3) == 0 ? Int(random.next() % (40 << 20)) : Int(random.next() % 100_000)
            let start = UInt(bitPattern: memory.allocate(byteCount: size))
            #expect(start % 64 == 0)
            ends.append((start, start + UInt(size)))
        }
        ends.sort { $0.start < $1.start }
        for (one, next) in zip(ends, ends.dropFirst()) { #expect(one.end <= next.start) }
    }

    @Test(arguments: [0, 1, 100_000, LargeMemory.pageBytes, 3 * LargeMemory.pageBytes + 5])
    func largeMemoryStartsWithAHugePage(byteCount: Int) {
        let memory = LargeMemory.allocate(byteCount: byteCount)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 1, count: byteCount)
        let alignment = byteCount >= LargeMemory.pageBytes ? UInt(LargeMemory.pageBytes) : 64
        #expect(UInt(bitPattern: memory) % alignment == 0)
    }
}
