import Synchronization
import Testing

@testable import InferenceCore

/// A worker that answers each row with its own first id and length, and can be held up.
private final class FakeWorker: Sendable {
    private let gate = WaitCondition(true)
    let steps = Mutex<[[Int]]>([])
    let abandoned = Atomic<Int>(0)

    var execute: @Sendable () -> Scheduler.Execute {
        { [self] in
            { _, step, isAbandoned in
                self.steps.withLock { $0.append(step.sequences.map(\.count)) }
                _ = self.gate.wait { $0 || isAbandoned() ? true : nil }
                if isAbandoned() {
                    self.abandoned.add(1, ordering: .relaxed)
                    return nil
                }
                return step.sequences.map { [Float(step.ids[$0.lowerBound]), Float($0.count)] }
            }
        }
    }

    func close() { gate.withLock { $0 = false } }

    func open() {
        gate.withLock { $0 = true }
        gate.signal()
    }

    /// Lets a held-up step ask again whether it is abandoned.
    func nudge() { gate.signal() }

    func started(_ count: Int) async throws {
        while steps.withLock({ $0.count }) < count { try await Task.sleep(for: .milliseconds(1)) }
    }
}

@Suite(.timeLimit(.minutes(1))) struct SchedulerTests {
    private let worker = FakeWorker()

    private func scheduler(queueTokens: Int = 10_000, stepTokens: Int = 32) -> Scheduler {
        Scheduler(queueTokens: queueTokens, stepTokens: stepTokens, makeExecute: worker.execute)
    }

    private func rows(_ first: Int32, _ lengths: [Int]) -> [[Int32]] {
        lengths.enumerated().map { index, length in [Int32](repeating: first + Int32(index), count: length) }
    }

    @Test("every row is answered at its own index, over many steps and callers")
    func answers() async throws {
        let scheduler = scheduler()
        try await withThrowingTaskGroup { group in
            for request in 0..<50 {
                group.addTask { [self] in
                    let lengths = (0..<(request % 7 + 1)).map { ($0 * 13 + request) % 40 + 1 }
                    let output = try await scheduler.submit(rows(Int32(request * 100), lengths), model: request % 2)
                    #expect(output.vectors == lengths.enumerated().map { [Float(request * 100 + $0), Float($1)] })
                }
            }
            try await group.waitForAll()
        }
        #expect(worker.steps.withLock { $0.allSatisfy { $0.count == 1 || $0.reduce(0, +) <= 32 } })
        await scheduler.drain()
    }

    @Test("a full queue refuses at once and says when to come back")
    func overload() async throws {
        let scheduler = scheduler(queueTokens: 20)
        worker.close()
        async let running = scheduler.submit(rows(1, [10]), model: 0)
        try await worker.started(1)
        async let waiting = scheduler.submit(rows(2, [15]), model: 0)
        while scheduler.waitingTokens == 0 { try await Task.sleep(for: .milliseconds(1)) }
        let refused = await Task { [self] in try await scheduler.submit(rows(3, [4, 4]), model: 0) }.result
        #expect(throws: EmbeddingError.overloaded(retryAfter: .seconds(1))) { try refused.get() }
        worker.open()
        #expect(try await running.vectors == [[1, 10]])
        #expect(try await waiting.vectors == [[2, 15]])
        await scheduler.drain()
    }

    @Test("cancelled rows that wait never start")
    func cancelWaiting() async throws {
        let scheduler = scheduler()
        worker.close()
        async let running = scheduler.submit(rows(1, [10]), model: 0)
        try await worker.started(1)
        let waiting = Task { [self] in try await scheduler.submit(rows(2, [7, 7]), model: 0) }
        while scheduler.waitingTokens < 14 { try await Task.sleep(for: .milliseconds(1)) }
        waiting.cancel()
        let result = await waiting.result
        #expect(throws: EmbeddingError.cancelled) { try result.get() }
        #expect(scheduler.waitingTokens == 0)
        worker.open()
        _ = try await running
        await scheduler.drain()
        #expect(worker.steps.withLock { $0 } == [[10]])
    }

    @Test("a step nobody wants any more stops, and the next one runs")
    func abandon() async throws {
        let scheduler = scheduler()
        worker.close()
        let first = Task { [self] in try await scheduler.submit(rows(1, [10]), model: 0) }
        try await worker.started(1)
        first.cancel()
        _ = await first.result
        worker.nudge()
        while worker.abandoned.load(ordering: .relaxed) == 0 { try await Task.sleep(for: .milliseconds(1)) }
        worker.open()
        #expect(try await scheduler.submit(rows(5, [3]), model: 0).vectors == [[5, 3]])
        await scheduler.drain()
    }

    @Test("a task that is cancelled already is not admitted")
    func cancelledBefore() async throws {
        let scheduler = scheduler()
        let task = Task { [self] in
            while !Task.isCancelled { await Task.yield() }
            return try await scheduler.submit(rows(1, [1]), model: 0)
        }
        task.cancel()
        let result = await task.result
        #expect(throws: EmbeddingError.cancelled) { try result.get() }
        await scheduler.drain()
        #expect(worker.steps.withLock { $0.isEmpty })
    }

    @Test("draining answers what was admitted and refuses what comes later")
    func drain() async throws {
        let scheduler = scheduler()
        worker.close()
        async let first = scheduler.submit(rows(1, [20]), model: 0)
        try await worker.started(1)
        async let second = scheduler.submit(rows(2, [20]), model: 0)
        while scheduler.waitingTokens == 0 { try await Task.sleep(for: .milliseconds(1)) }
        async let drained: Void = scheduler.drain()
        // The refusal shows that the drain has begun; until then probes are taken back.
        var refused = false
        while !refused {
            let probe = Task { [self] in try await scheduler.submit(rows(9, [1]), model: 0) }
            try await Task.sleep(for: .milliseconds(2))
            probe.cancel()
            if case .failure(let error) = await probe.result { refused = error as? EmbeddingError == .shuttingDown }
        }
        worker.open()
        #expect(try await first.vectors == [[1, 20]])
        #expect(try await second.vectors == [[2, 20]])
        await drained
    }

    @Test("a row that is not finite fails its own request only")
    func notFinite() async throws {
        let scheduler = Scheduler(queueTokens: 100, stepTokens: 100) {
            { _, step, _ in step.sequences.map { [step.ids[$0.lowerBound] == 7 ? .nan : 1] } }
        }
        async let good = scheduler.submit(rows(1, [2]), model: 0)
        let failed = await Task { [self] in try await scheduler.submit(rows(6, [2, 2]), model: 0) }.result
        #expect(throws: EmbeddingError.notFinite(index: 1)) { try failed.get() }
        #expect(try await good.vectors == [[1]])
        await scheduler.drain()
    }
}
