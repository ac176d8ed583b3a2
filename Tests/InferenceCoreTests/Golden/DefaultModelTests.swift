import JSONCore
import Testing

@testable import InferenceCore

/// The default model against sentence-transformers in float32 (scripts/goldens/minilm_vectors.py made the vectors).
@Suite(.timeLimit(.minutes(2))) struct DefaultModelTests {
    private struct Golden {
        let text: String
        let tokens: Int
        let embedding: [Float]
    }

    private func goldens() throws -> [Golden] {
        try Fixtures.lines("minilm/vectors.jsonl").map {
            Golden(
                text: try #require($0["text"]?.string),
                tokens: try #require($0["tokens"]?.integer),
                embedding: try Fixtures.floats(base64: try #require($0["embedding"]?.string))
            )
        }
    }

    private func engine() throws -> EmbeddingEngine {
        let model = try EmbeddingModel(directory: Fixtures.defaultModel(), id: "all-MiniLM-L6-v2")
        return EmbeddingEngine(models: [model], configuration: EngineConfiguration())
    }

    @Test("200 varied texts: token counts equal, cosine at least 0.999999")
    func vectors() async throws {
        let engine = try engine()
        let goldens = try goldens()
        #expect(goldens.count == 200)
        let request = EmbeddingWork(inputs: goldens.map { .text($0.text) }, truncate: true)
        let result = try await engine.embed(request, with: engine.models[0])
        var worst = 1.0
        for (golden, (vector, count)) in zip(goldens, zip(result.vectors, result.tokenCounts)) {
            #expect(count == golden.tokens, "tokens of \(golden.text.debugDescription)")
            let similarity = cosine(vector, golden.embedding)
            #expect(similarity >= 0.999999, "cosine of \(golden.text.debugDescription)")
            worst = min(worst, similarity)
        }
        print("default model: lowest cosine to the reference \(worst)")
        await engine.shutDown()
    }

    @Test("a batch of 64 mixed lengths equals one by one")
    func batch() async throws {
        let engine = try engine()
        let texts = try goldens().map(\.text).suffix(64)
        let together = try await engine.embed(
            EmbeddingWork(inputs: texts.map { .text($0) }, truncate: true),
            with: engine.models[0]
        )
        var worst: Float = 0
        for (text, vector) in zip(texts, together.vectors) {
            let alone = try await engine.embed(
                EmbeddingWork(inputs: [.text(text)], truncate: true),
                with: engine.models[0]
            )
            worst = max(worst, largestDifference(alone.vectors[0], vector))
        }
        print("default model: largest difference between a batch of 64 and one by one \(worst)")
        #expect(worst < 2e-6)
        await engine.shutDown()
    }

    @Test("the mean of the states of all tokens is the vector")
    func tokenStates() async throws {
        let engine = try engine()
        let texts = try goldens().map(\.text).prefix(40)
        var request = EmbeddingWork(inputs: texts.map { .text($0) }, truncate: true)
        let vectors = try await engine.embed(request, with: engine.models[0]).vectors
        request.output = .tokens
        let result = try await engine.embed(request, with: engine.models[0])
        let width = engine.models[0].description.dimensions
        for (states, (count, vector)) in zip(result.vectors, zip(result.tokenCounts, vectors)) {
            #expect(states.count == count * width)
            var mean = [Float](repeating: 0, count: width)
            for (index, value) in states.enumerated() { mean[index % width] += value }
            #expect(Matryoshka.unit(mean.map { $0 * (1 / Float(count)) }) == vector)
        }
        await engine.shutDown()
    }

    @Test("an input over the limit is refused by name unless truncation is asked for")
    func limit() async throws {
        let engine = try engine()
        let inputs = [EmbeddingInput.text("short"), .text(String(repeating: "word ", count: 255))]
        let refused = await Task {
            try await engine.embed(EmbeddingWork(inputs: inputs), with: engine.models[0])
        }.result
        #expect(throws: EmbeddingError.inputTooLong(index: 1, limit: 256)) { try refused.get() }
        let cut = try await engine.embed(EmbeddingWork(inputs: inputs, truncate: true), with: engine.models[0])
        #expect(cut.truncated == [false, true])
        #expect(cut.tokenCounts[1] == 256)
        await engine.shutDown()
    }
}
