import Foundation
import JSONCore
import Testing

@testable import InferenceCore

/// The tiny jina-embeddings-v5 checkpoints against the authors' arithmetic (Tests/Fixtures/jina/README.md).
@Suite(.timeLimit(.minutes(2))) struct JinaTests {
    static let checkpoints = ["nano", "small", "nano-retrieval", "small-retrieval"]

    struct Golden {
        let name: String
        let text: String
        let task: EmbeddingTask
        let ids: [Int32]
        let float32: [Float]
        let float64: [Double]
        let truncated: [Int: [Float]]

        init(_ record: JSONValue) throws {
            name = try #require(record["name"]?.string)
            text = try #require(record["text"]?.string)
            let adapter = try #require(record["task"]?.string)
            let isQuery = record["prompt"]?.string == "query"
            // A query prompt with another adapter than retrieval's is something only the reference script does.
            switch adapter {
            case "retrieval", "merged": task = isQuery ? .retrievalQuery : .retrievalPassage
            default: task = try #require(EmbeddingTask(rawValue: adapter))
            }
            ids = try #require(record["ids"]?.array).map { Int32(try #require($0.integer)) }
            float32 = try Fixtures.floats(base64: try #require(record["float32"]?.string))
            float64 = try Fixtures.doubles(base64: try #require(record["float64"]?.string))
            var truncated: [Int: [Float]] = [:]
            for (dimensions, vector) in record["truncated"]?.object?.members ?? [] {
                truncated[try #require(Int(dimensions))] = try Fixtures.floats(base64: try #require(vector.string))
            }
            self.truncated = truncated
        }
    }

    static func goldens(_ checkpoint: String) throws -> [Golden] {
        try Fixtures.lines("jina/vectors/\(checkpoint).jsonl").map { try Golden($0) }
    }

    static func engine(_ checkpoints: String..., threads: Int? = nil) throws -> EmbeddingEngine {
        var configuration = EngineConfiguration()
        configuration.threads = threads
        let models = try checkpoints.map { try EmbeddingModel(directory: Fixtures.path("jina/\($0)"), id: $0) }
        return EmbeddingEngine(models: models, configuration: configuration)
    }

    @Test(
        "ids in, vectors within 1e-5 of the reference, closer to float64 than PyTorch or nearly so",
        arguments: checkpoints
    )
    func vectors(checkpoint: String) async throws {
        let engine = try Self.engine(checkpoint)
        var worst: Float = 0, ours = 0.0, theirs = 0.0
        let goldens = try Self.goldens(checkpoint)
        #expect(goldens.count >= 86)
        for golden in goldens {
            let request = EmbeddingWork(inputs: [.tokens(golden.ids)], task: golden.task)
            let vector = try await engine.embed(request, with: engine.models[0]).vectors[0]
            let difference = largestDifference(vector, golden.float32)
            #expect(difference <= 1e-5, "\(golden.name), \(golden.task)")
            worst = max(worst, difference)
            ours = max(ours, zip(vector, golden.float64).map { abs(Double($0) - $1) }.max() ?? 0)
            theirs = max(theirs, zip(golden.float32, golden.float64).map { abs(Double($0) - $1) }.max() ?? 0)
        }
        print("\(checkpoint): largest difference \(worst); to float64 ours \(ours), PyTorch's \(theirs)")
        await engine.shutDown()
    }

    @Test("the states of all tokens are the reference's; the last one is the vector", arguments: ["nano", "small"])
    func tokenStates(checkpoint: String) async throws {
        let engine = try Self.engine(checkpoint)
        let model = engine.models[0]
        let records = try Fixtures.lines("jina/states/\(checkpoint).jsonl")
        #expect(records.count == 8)
        for record in records {
            let name = record["task"]?.string ?? ""
            let task = try #require(EmbeddingTask.allCases.first { $0.adapterName == name })
            let ids = try #require(record["ids"]?.array).map { Int32(try #require($0.integer)) }
            var request = EmbeddingWork(inputs: [.tokens(ids)], task: task, dimensions: 8)
            request.output = .tokens
            let states = try await engine.embed(request, with: model).vectors[0]
            let expected = try Fixtures.floats(base64: try #require(record["states"]?.string))
            #expect(states.count == ids.count * 64)
            #expect(largestDifference(states, expected) <= 2e-5, "\(name)")
            let vector = try await engine.embed(EmbeddingWork(inputs: [.tokens(ids)], task: task), with: model)
                .vectors[0]
            #expect(Matryoshka.unit(states.suffix(64)) == vector)
        }
        await engine.shutDown()
    }

    @Test("text in: the reference's ids, prompt included", arguments: checkpoints)
    func tokenization(checkpoint: String) throws {
        let encoder = try TextEncoder(directory: Fixtures.path("jina/\(checkpoint)"))
        for golden in try Self.goldens(checkpoint) where !Self.hasForeignPrompt(golden, encoder) {
            #expect(encoder.encode(golden.text, task: golden.task).ids == golden.ids, "\(golden.name), \(golden.task)")
        }
    }

    /// Whether the reference script put the query prompt before a text of a task that has the document prompt.
    private static func hasForeignPrompt(_ golden: Golden, _ encoder: TextEncoder) -> Bool {
        guard golden.task.promptName == "document" else { return false }
        return encoder.tokenizer.encode("Query: " + golden.text).ids == golden.ids
    }

    @Test("leading dimensions, normalised again", arguments: ["nano", "small"])
    func truncatedDimensions(checkpoint: String) async throws {
        let engine = try Self.engine(checkpoint)
        var count = 0
        for golden in try Self.goldens(checkpoint) {
            for (dimensions, expected) in golden.truncated {
                let request = EmbeddingWork(inputs: [.tokens(golden.ids)], task: golden.task, dimensions: dimensions)
                let vector = try await engine.embed(request, with: engine.models[0]).vectors[0]
                #expect(vector.count == dimensions)
                #expect(largestDifference(vector, expected) <= 1e-5, "\(golden.name), \(dimensions)")
                count += 1
            }
        }
        #expect(count > 0)
        await engine.shutDown()
    }

    @Test("all tasks mixed in one step equal each row alone", arguments: ["nano", "small"])
    func mixedTasks(checkpoint: String) async throws {
        let engine = try Self.engine(checkpoint)
        let model = engine.models[0]
        let goldens = try Self.goldens(checkpoint)
        let context = ComputeContext(pool: ComputePool(threadCount: 2))
        defer { context.pool.stop() }
        var step = PackedStep()
        for golden in goldens { step.append(golden.ids, adapter: model.adapter(for: golden.task)) }
        let together = try #require(model.backbone.forward(step, in: context, yield: { true }))
        var worst: Float = 0
        for (golden, vector) in zip(goldens, together) {
            let request = EmbeddingWork(inputs: [.tokens(golden.ids)], task: golden.task)
            let alone = try await engine.embed(request, with: model).vectors[0]
            let mixed = Matryoshka.unit(vector)
            worst = max(worst, largestDifference(alone, mixed))
            #expect(largestDifference(mixed, golden.float32) <= 1e-5, "\(golden.name), \(golden.task)")
        }
        print("\(checkpoint): largest difference between mixed tasks and alone \(worst)")
        #expect(worst <= 2e-6)
        await engine.shutDown()
    }

    @Test("without a task the text-matching adapter and the document prompt apply", arguments: ["nano", "small"])
    func defaultTask(checkpoint: String) async throws {
        let engine = try Self.engine(checkpoint)
        let model = engine.models[0]
        let absent = try await engine.embed(EmbeddingWork(inputs: [.text("Hello there")]), with: model)
        let named = try await engine.embed(
            EmbeddingWork(inputs: [.text("Hello there")], task: .textMatching),
            with: model
        )
        let other = try await engine.embed(
            EmbeddingWork(inputs: [.text("Hello there")], task: .clustering),
            with: model
        )
        #expect(absent.vectors == named.vectors)
        #expect(absent.vectors != other.vectors)
        await engine.shutDown()
    }

    @Test(
        "the OpenBLAS back end gives the reference's vectors too",
        .enabled("libopenblas0 is not installed") { (try? OpenBLAS.load()) != nil },
        arguments: checkpoints
    )
    func openBLAS(checkpoint: String) async throws {
        let model = try EmbeddingModel(
            directory: Fixtures.path("jina/\(checkpoint)"),
            id: checkpoint,
            backend: .openBLAS
        )
        let engine = EmbeddingEngine(models: [model], configuration: EngineConfiguration())
        for golden in try Self.goldens(checkpoint) {
            let request = EmbeddingWork(inputs: [.tokens(golden.ids)], task: golden.task)
            let vector = try await engine.embed(request, with: model).vectors[0]
            #expect(largestDifference(vector, golden.float32) <= 1e-5, "\(golden.name), \(golden.task)")
        }
        await engine.shutDown()
    }

    @Test("a library that is not there, or is another one, is named in the error")
    func missingLibrary() throws {
        for name in ["libopenblas-that-is-not-there.so.0", "libz.so.1"] {
            let error = #expect(throws: CheckpointError.self) { try OpenBLAS(name) }
            #expect(error?.file == name)
            #expect(error?.description.contains("Install libopenblas0, or use the native back end") == true)
        }
    }

    @Test("two models in one process")
    func twoModels() async throws {
        let engine = try Self.engine("nano", "small")
        for (model, checkpoint) in zip(engine.models, ["nano", "small"]) {
            let golden = try #require(try Self.goldens(checkpoint).first)
            let request = EmbeddingWork(inputs: [.tokens(golden.ids)], task: golden.task)
            let vector = try await engine.embed(request, with: model).vectors[0]
            #expect(largestDifference(vector, golden.float32) <= 1e-5)
        }
        await engine.shutDown()
    }
}
