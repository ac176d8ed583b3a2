import Testing

@testable import InferenceCore

@Suite struct VectorCacheTests {
    private func key(_ id: Int32, adapter: Int? = nil, model: Int = 0) -> RowKey {
        RowKey(model: model, adapter: adapter, tokens: [id, id])
    }

    @Test("against a list: what is found, what goes first, and how much memory is held", arguments: 0..<200)
    func properties(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let size = 4 * 2 + 4 * 3 + 256  // two ids, three values
        let capacity = Int.random(in: 0...5, using: &random)
        var cache = VectorCache(byteLimit: capacity * size + Int.random(in: 0..<size, using: &random))
        var expected: [(id: Int32, vector: [Float])] = []  // the most recently used last
        for _ in 0..<200 {
            let id = Int32.random(in: 0..<9, using: &random)
            let place = expected.firstIndex { $0.id == id }
            if Bool.random(using: &random) {
                let found = cache.vector(for: key(id))
                #expect(found == place.map { expected[$0].vector })
                if let place { expected.append(expected.remove(at: place)) }
            } else {
                let vector = random.floats(3)
                cache.insert(vector, for: key(id))
                guard place == nil, capacity > 0 else { continue }
                expected.append((id, vector))
                if expected.count > capacity { expected.removeFirst() }
            }
            #expect(cache.count == expected.count)
            #expect(cache.bytes == expected.count * size)
        }
    }

    @Test("a vector belongs to its scope")
    func scopes() {
        var cache = VectorCache(byteLimit: 10_000)
        var mine = key(1)
        mine.scope = "a"
        cache.insert([1], for: mine)
        var other = key(1)
        for scope in [nil, "b", ""] {
            other.scope = scope
            #expect(cache.vector(for: other) == nil)
        }
        #expect(cache.vector(for: mine) == [1])
    }

    @Test("a vector belongs to its model and adapter")
    func keys() {
        var cache = VectorCache(byteLimit: 10_000)
        cache.insert([1], for: key(1))
        cache.insert([2], for: key(1, adapter: 0))
        cache.insert([3], for: key(1, model: 1))
        #expect(cache.vector(for: key(1)) == [1])
        #expect(cache.vector(for: key(1, adapter: 0)) == [2])
        #expect(cache.vector(for: key(1, model: 1)) == [3])
        #expect(cache.vector(for: key(1, adapter: 1)) == nil)
    }

    @Test("a vector larger than the cache drives nothing out")
    func oversized() {
        var cache = VectorCache(byteLimit: 1_000)
        cache.insert([1], for: key(1))
        cache.insert([Float](repeating: 0, count: 500), for: key(2))
        #expect(cache.count == 1 && cache.vector(for: key(2)) == nil)
    }
}
