import CKernels
import Testing

@testable import InferenceCore

/// What shares of peak are computed from: operations counted by arithmetic, and the kernels that measure the machine.
@Suite struct BenchmarkTests {
    @Test("fused multiply-adds converge, and are all counted")
    func fma() {
        var seed: Float = 5
        let operations = ckernels_fma(1_000, &seed)
        // x / 2 + 1 tends to 2 in every accumulator; the result is their sum in one lane.
        #expect(seed >= 2 * 12 && seed <= 2 * 32 && seed == seed.rounded())
        let accumulators = Int(seed) / 2
        let lanes = operations / (1_000 * 2 * accumulators)
        #expect([4, 8, 16].contains(lanes))
        #expect(operations == 1_000 * 2 * accumulators * lanes)
    }

    @Test("every word of memory is read once", arguments: [512, 1_024, 64 * 1_024])
    func read(bytes: Int) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: 64)
        defer { memory.deallocate() }
        var random = SplitMix(seed: UInt64(bytes))
        let words = memory.bindMemory(to: UInt64.self)
        for index in words.indices { words[index] = random.next() }
        #expect(ckernels_read(memory.baseAddress, bytes) == words.reduce(0, ^))
    }

    @Test("operations: two for each multiply-add, adapters and attention included")
    func operations() {
        // Worked out by hand for two blocks of width 4 with one key/value head of 2 and a feed-forward network of 8.
        func cost(causal: Bool, prunes: Bool) -> ForwardCost {
            ForwardCost(
                layerCount: 2,
                attentionWidth: 4,
                isCausal: causal,
                keysAndValues: [.init(inputs: 4, outputs: 2), .init(inputs: 4, outputs: 2)],
                others: [.init(inputs: 4, outputs: 4), .init(inputs: 4, outputs: 4), .init(inputs: 4, outputs: 8)],
                widest: [.init(inputs: 4, outputs: 8)],
                prunesLastLayer: prunes,
                ranks: [3]
            )
        }
        // Per token and block: keys and values 32, others 128; at rank 3 another 72 and 168.
        let whole = cost(causal: false, prunes: false)
        #expect(whole.operations(lengths: [1], adapter: nil) == 2 * (32 + 128 + 16))
        #expect(whole.operations(lengths: [5], adapter: nil) == 2 * (5 * 160 + 25 * 16))
        #expect(whole.operations(lengths: [5], adapter: 0) == 2 * (5 * (160 + 240) + 25 * 16))
        #expect(whole.operations(lengths: [5, 1], adapter: nil) == 2 * (6 * 160 + 26 * 16))
        #expect(cost(causal: true, prunes: false).operations(lengths: [5], adapter: nil) == 2 * (5 * 160 + 15 * 16))
        // The last block: keys and values of all five tokens, everything else for one.
        let pruned = 5 * 160 + 25 * 16 + 5 * 32 + 128 + 5 * 16
        #expect(cost(causal: false, prunes: true).operations(lengths: [5], adapter: nil) == Double(pruned))
        #expect(whole.widestOperations(adapter: 0) == 64 + 72)
        // Attention is 25 × 16 beside 160 for each token, in one of the two blocks only if the last is pruned.
        #expect(whole.work(tokens: 1) == 1)
        #expect(whole.work(tokens: 5) == 5 + 25 * 16 / 160)
        #expect(cost(causal: false, prunes: true).work(tokens: 5) == 5 + 25 * 16 / (2 * 32 + 128))
    }

    @Test("an adapter's rank is found from its size", arguments: ["nano", "small"])
    func rank(checkpoint: String) throws {
        let model = try EmbeddingModel(directory: Fixtures.path("jina/\(checkpoint)"), id: checkpoint)
        #expect(model.backbone.cost.ranks == [8, 4, 8, 8])
        #expect(model.backbone.widestLayers.count == model.backbone.cost.layerCount)
    }

    @Test("every rate is measured on a real model")
    func rates() throws {
        let model = try EmbeddingModel(directory: Fixtures.path("jina/nano"), id: "nano")
        let benchmark = Benchmark(model, task: .retrievalPassage, threads: 2)
        for rate in [benchmark.fmaPeak(), benchmark.readBandwidth(), benchmark.linearRate(rows: 13)] {
            #expect(rate.isFinite && rate > 0)
        }
        #expect(benchmark.operations(lengths: [4]) > benchmark.operations(lengths: [3]))
    }
}
