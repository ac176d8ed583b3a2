import Testing

@testable import InferenceCore

/// Preemption, reuse and order on a real forward pass: nothing of it may show in the vectors.
@Suite(.timeLimit(.minutes(2))) struct PreemptionTests {
    private static let texts = ["one", "a rather longer text, which has some more tokens", "three", "one"]

    private func request(_ texts: [String], task: EmbeddingTask = .retrievalPassage) -> EmbeddingWork {
        EmbeddingWork(inputs: texts.map { .text($0) }, task: task)
    }

    @Test("a step with another one run at each of its yield points gives the same bits", arguments: ["nano", "small"])
    func nested(checkpoint: String) throws {
        let model = try EmbeddingModel(directory: Fixtures.path("jina/\(checkpoint)"), id: checkpoint)
        let pool = ComputePool(threadCount: 2)
        defer { pool.stop() }
        let contexts = [ComputeContext(pool: pool), ComputeContext(pool: pool)]
        var random = SplitMix(seed: 1)
        func step(_ lengths: [Int]) -> PackedStep {
            var step = PackedStep()
            for length in lengths {
                step.append((0..<length).map { _ in Int32.random(in: 5..<200, using: &random) }, adapter: length % 4)
            }
            return step
        }
        // Longer than a chunk, so that it yields inside a layer too.
        let long = step([700, 3, 40]), short = step([9, 1])
        let expected = model.backbone.forward(long, in: contexts[0], yield: { true })
        let alone = model.backbone.forward(short, in: contexts[1], yield: { true })
        var yields = 0, areEqual = true
        let interrupted = model.backbone.forward(long, in: contexts[0]) {
            yields += 1
            areEqual = areEqual && model.backbone.forward(short, in: contexts[1], yield: { true }) == alone
            return true
        }
        #expect(yields > 4)
        #expect(areEqual)
        #expect(interrupted == expected)
    }

    @Test("a step stops at whichever yield point says no", arguments: 0..<6)
    func stops(at count: Int) throws {
        let model = try EmbeddingModel(directory: Fixtures.path("jina/nano"), id: "nano")
        let pool = ComputePool(threadCount: 2)
        defer { pool.stop() }
        var step = PackedStep()
        step.append(Array(repeating: 7, count: 1_200))
        var yields = 0
        let vectors = model.backbone.forward(step, in: ComputeContext(pool: pool)) {
            yields += 1
            return yields <= count
        }
        #expect(vectors == nil)
        #expect(yields == count + 1)
    }

    @Test("reused vectors are the same bits, and every caller is charged for its own tokens")
    func reuse() async throws {
        var configuration = EngineConfiguration()
        configuration.cacheBytes = 1 << 20
        let model = try EmbeddingModel(directory: Fixtures.path("jina/nano"), id: "nano")
        let engine = EmbeddingEngine(models: [model], configuration: configuration)
        var fresh = request(Self.texts)
        fresh.reusesVectors = false
        let computed = try await engine.embed(fresh, with: model)
        let shared = try await engine.embed(request(Self.texts), with: model)
        let cached = try await engine.embed(request(Self.texts), with: model)
        #expect(computed.cachedInputs == 0 && shared.cachedInputs == 0 && cached.cachedInputs == 4)
        #expect(shared.vectors == computed.vectors && cached.vectors == computed.vectors)
        #expect(shared.tokenCounts == computed.tokenCounts && cached.tokenCounts == computed.tokenCounts)
        #expect(engine.status.counts.sharedInputs == 1)
        // Another task is another vector, fewer dimensions are not.
        var cut = request(Self.texts)
        cut.dimensions = 8
        #expect(try await engine.embed(cut, with: model).cachedInputs == 4)
        #expect(try await engine.embed(request(Self.texts, task: .clustering), with: model).cachedInputs == 0)
        await engine.shutDown()
    }

    @Test("states of tokens are neither kept nor taken for vectors, and their number has a limit")
    func tokenStates() async throws {
        var configuration = EngineConfiguration()
        configuration.cacheBytes = 1 << 20
        let model = try EmbeddingModel(directory: Fixtures.path("jina/nano"), id: "nano")
        let engine = EmbeddingEngine(models: [model], configuration: configuration)
        let vectors = try await engine.embed(request(Self.texts), with: model).vectors
        var states = request(Self.texts)
        states.output = .tokens
        for _ in 0..<2 {
            let result = try await engine.embed(states, with: model)
            #expect(result.cachedInputs == 0)
            #expect(result.vectors.map(\.count) == result.tokenCounts.map { $0 * 64 })
            states.maximumTotalTokens = result.totalTokens
        }
        let again = try await engine.embed(request(Self.texts), with: model)
        #expect(again.cachedInputs == 4 && again.vectors == vectors)
        let count = again.totalTokens
        states.maximumTotalTokens = count - 1
        await #expect(throws: EmbeddingError.tooManyTokens(count: count, limit: count - 1)) {
            try await engine.embed(states, with: model)
        }
        await engine.shutDown()
    }

    @Test("permuting inputs permutes vectors, whatever else is in flight")
    func permutation() async throws {
        let model = try EmbeddingModel(directory: Fixtures.path("jina/nano"), id: "nano")
        var configuration = EngineConfiguration()
        configuration.interactiveWait = nil  // a slow machine, or a sanitizer, is no reason to refuse
        configuration.bulkWait = nil
        let engine = EmbeddingEngine(models: [model], configuration: configuration)
        let texts = (0..<40).map { number in
            String(repeating: "word \(number) ", count: number * 7 % 30 + 1)
        }
        var random = SplitMix(seed: 2)
        let order = texts.indices.shuffled(using: &random)
        async let other = engine.embed(request(["in between"], task: .retrievalQuery), with: model)
        async let straight = engine.embed(request(texts), with: model)
        async let permuted = engine.embed(request(order.map { texts[$0] }), with: model)
        _ = try await other
        let (first, second) = try await (straight, permuted)
        #expect(order.map { first.vectors[$0] } == second.vectors)
        #expect(order.map { first.tokenCounts[$0] } == second.tokenCounts)
        await engine.shutDown()
    }

    @Test("a partial request answers what it can")
    func partial() async throws {
        let model = try EmbeddingModel(directory: Fixtures.path("jina/nano"), id: "nano")
        let engine = EmbeddingEngine(models: [model], configuration: EngineConfiguration())
        var request = EmbeddingWork(inputs: [.tokens([]), .text("good"), .tokens([-1])], task: .clustering)
        await #expect(throws: EmbeddingError.emptyTokens(index: 0)) { try await engine.embed(request, with: model) }
        request.isPartial = true
        let result = try await engine.embed(request, with: model)
        #expect(result.failures.keys.sorted() == [0, 2])
        #expect(result.failures[0] == .emptyTokens(index: 0))
        #expect(result.vectors.map(\.isEmpty) == [true, false, true])
        #expect(result.tokenCounts[0] == 0 && result.tokenCounts[1] > 0)
        await engine.shutDown()
    }
}
