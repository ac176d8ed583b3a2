import Testing

@testable import InferenceCore

@Suite("Word cache")
struct WordCacheTests {
    @Test("words with any other octet, or more of them, have another key", arguments: 1...32)
    func keys(count: Int) throws {
        let word = (0..<count).map { _ in UInt8(7) }
        let key = try #require(word.withUnsafeBufferPointer { WordCache.Key($0) })
        for i in 0..<count {
            var other = word
            other[i] = 8
            #expect(other.withUnsafeBufferPointer { WordCache.Key($0) } != key)
        }
        let longer = word + [7]
        #expect(longer.withUnsafeBufferPointer { WordCache.Key($0) } != key)
    }

    @Test("holds no empty and no long word")
    func bounds() {
        for count in [0, 33, 100] {
            let word = [UInt8](repeating: 1, count: count)
            #expect(word.withUnsafeBufferPointer { WordCache.Key($0) } == nil)
        }
    }

    @Test("gives back what was stored last, and nothing else")
    func store() throws {
        var cache = WordCache()
        let a = try #require([1].withUnsafeBufferPointer { WordCache.Key($0) })
        let b = try #require([2].withUnsafeBufferPointer { WordCache.Key($0) })
        var ids: [Int32] = []
        #expect(!cache.append(a, to: &ids))
        cache.store(a, [9, 1, 2, 3], from: 1)
        cache.store(b, [1, 2, 3, 4, 5, 6, 7], from: 0)
        #expect(cache.append(a, to: &ids))
        #expect(!cache.append(b, to: &ids), "seven tokens are too many to keep")
        #expect(ids == [1, 2, 3])
    }
}
