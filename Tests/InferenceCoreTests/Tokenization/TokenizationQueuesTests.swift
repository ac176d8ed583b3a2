import Dispatch
import Testing

@testable import InferenceCore

@Suite("Tokenization queues")
struct TokenizationQueuesTests {
    private static let long = String(repeating: "the quick brown fox ", count: 5_000)

    @Test("no embedding waits for texts that people look at", .timeLimit(.minutes(1)))
    func people() async throws {
        let queues = TokenizationQueues()
        let model = try EmbeddingModel(directory: Fixtures.path("jina/nano"), id: "nano")
        let gate = DispatchSemaphore(value: 0)
        let count = 2 * CPUAllowance.threads
        try await withThrowingTaskGroup { group in
            for _ in 0..<count {
                group.addTask { await queues.runForPeople(octets: Self.long.utf8.count) { gate.wait() } }
            }
            for _ in 0..<count {
                let work = EmbeddingWork(inputs: [.text(Self.long)], truncate: true)
                let encodings = try await queues.encode(work, with: model)
                #expect(try encodings.first?.get().truncated == true)
            }
            for _ in 0..<count { gate.signal() }
            try await group.waitForAll()
        }
    }

    @Test("a request whose client has gone is not tokenized to its end")
    func cancelled() throws {
        let model = try EmbeddingModel(directory: Fixtures.path("jina/nano"), id: "nano")
        let cancellation = Cancellation()
        let work = EmbeddingWork(inputs: [.text("a"), .text("b")])
        #expect(try model.encode(work, cancellation).count == 2)
        cancellation.cancel()
        #expect(throws: EmbeddingError.cancelled) { try model.encode(work, cancellation) }
    }
}
