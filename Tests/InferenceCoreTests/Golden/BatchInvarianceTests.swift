import Foundation
import Testing

@testable import InferenceCore

/// Equal ids, model and task give equal bytes: whatever the neighbours, their order and tasks, the number of threads.
///
/// `INVARIANCE_MODELS=DIR,DIR` looks at other checkpoints than the tiny ones.
@Suite struct BatchInvarianceTests {
    private static let checkpoints =
        ProcessInfo.processInfo.environment["INVARIANCE_MODELS"]?.split(separator: ",").map(String.init)
        ?? ["nano", "small"].map { Fixtures.path("jina/\($0)") }
    private static let compositions = 1_000

    /// One input: its ids and adapter, and what it gives alone.
    private struct Row {
        let ids: [Int32]
        let adapter: Int?
        let alone: [Float]
    }

    @Test(
        "rows that want the states of their tokens change nothing for others, nor others for them",
        arguments: checkpoints
    )
    func tokenStates(checkpoint: String) throws {
        let model = try EmbeddingModel(directory: checkpoint, id: "model")
        let context = ComputeContext(pool: ComputePool(threadCount: 2))
        defer { context.pool.stop() }
        var random = SplitMix(seed: 23)
        // Shorter and longer than a tile of queries, a chunk, and several of them.
        let rows = [1, 9, 61, 300, 512, 700].map { length in
            (0..<length).map { _ in Int32.random(in: 5..<200, using: &random) }
        }
        func forward(_ outputs: [(row: [Int32], output: EmbeddingOutput)]) throws -> [[Float]] {
            var step = PackedStep()
            for (index, item) in outputs.enumerated() {
                step.append(
                    item.row,
                    adapter: index % 2 == 0 ? nil : model.adapter(for: .clustering),
                    output: item.output
                )
            }
            return try #require(model.backbone.forward(step, in: context, yield: { true }))
        }
        let pooled = try forward(rows.map { ($0, .pooled) })
        let states = try forward(rows.map { ($0, .tokens) })
        let width = model.description.dimensions
        for (index, row) in rows.enumerated() {
            #expect(states[index].count == row.count * width)
            #expect(Array(states[index].suffix(width)) == pooled[index], "row of \(row.count)")
        }
        let mixed = try forward(rows.enumerated().map { ($1, $0 % 3 == 0 ? .tokens : .pooled) })
        for index in rows.indices { #expect(mixed[index] == (index % 3 == 0 ? states : pooled)[index]) }
    }

    @Test("1,000 random compositions of a step, each on one thread, on two and on five", arguments: checkpoints)
    func randomSteps(checkpoint: String) throws {
        let model = try EmbeddingModel(directory: checkpoint, id: "model")
        let contexts = [1, 2, 5].map { ComputeContext(pool: ComputePool(threadCount: $0)) }
        defer { for context in contexts { context.pool.stop() } }
        func forward(_ rows: [(ids: [Int32], adapter: Int?)], _ context: ComputeContext) throws -> [[Float]] {
            var step = PackedStep()
            for row in rows { step.append(row.ids, adapter: row.adapter) }
            return try #require(model.backbone.forward(step, in: context, yield: { true }))
        }
        var random = SplitMix(seed: 17)
        let tasks = EmbeddingTask.allCases
        let rows = try (0..<60).map { index in
            // Mostly short, some about a block or a panel of the kernels long.
            let length =
                index % 6 == 0 ? Int.random(in: 10...70, using: &random) : Int.random(in: 1...14, using: &random)
            let ids = (0..<length).map { _ in Int32.random(in: 5..<200, using: &random) }
            let adapter = model.adapter(for: tasks[index % tasks.count])
            return Row(ids: ids, adapter: adapter, alone: try forward([(ids, adapter)], contexts[1])[0])
        }
        var differing = 0
        for _ in 0..<Self.compositions {
            let chosen = (0..<Int.random(in: 1...6, using: &random)).map { _ in rows.randomElement(using: &random)! }
            for context in contexts {
                let vectors = try forward(chosen.map { ($0.ids, $0.adapter) }, context)
                for (row, vector) in zip(chosen, vectors) {
                    differing += zip(row.alone, vector).count { $0.bitPattern != $1.bitPattern }
                }
            }
        }
        #expect(differing == 0, "\(differing) values differ from the same input alone")
    }
}
