import Synchronization
import Testing

@testable import InferenceCore

@Suite(.timeLimit(.minutes(1))) struct SchedulerTests {
    private let worker = FakeWorker()

    private func scheduler(
        queueTokens: Int = 10_000,
        stepTokens: Int = 32,
        cacheBytes: Int = 0,
        onFailure: @escaping @Sendable (String) -> Void = { _ in }
    ) -> Scheduler {
        let limits = SchedulingPolicy.Limits(
            queueTokens: queueTokens,
            stepTokens: stepTokens,
            cacheBytes: cacheBytes
        )
        return Scheduler(limits: limits, onFailure: onFailure, makeExecute: worker.execute)
    }

    private func submission(
        _ first: Int32,
        _ lengths: [Int],
        model: Int = 0,
        priority: Priority = .bulk
    ) -> SchedulingPolicy.Submission {
        let rows = lengths.enumerated().map { index, length in
            RowKey(model: model, adapter: nil, tokens: Array(repeating: first + Int32(index), count: length))
        }
        return SchedulingPolicy.Submission(rows: rows, priority: priority)
    }

    private func waits(_ scheduler: Scheduler, tokens: Int) async throws {
        while scheduler.status.waitingTokens.values.reduce(0, +) != tokens {
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    @Test("every row is answered at its own index, over many steps and callers")
    func answers() async throws {
        let scheduler = scheduler()
        try await withThrowingTaskGroup { group in
            for request in 0..<50 {
                group.addTask { [self] in
                    let lengths = (0..<(request % 7 + 1)).map { ($0 * 13 + request) % 40 + 1 }
                    let submission = submission(
                        Int32(request * 100 + 10_000),
                        lengths,
                        model: request % 2,
                        priority: request % 3 == 0 ? .interactive : .bulk
                    )
                    let output = try await scheduler.submit(submission)
                    #expect(
                        try output.vectors
                            == lengths.enumerated().map { [Float(request * 100 + 10_000 + $0), Float($1)] }
                    )
                }
            }
            try await group.waitForAll()
        }
        #expect(worker.lengths.allSatisfy { $0.count == 1 || $0.reduce(0, +) <= 32 })
        await scheduler.drain()
    }

    @Test("a full queue refuses at once and says when to come back")
    func overload() async throws {
        let scheduler = scheduler(queueTokens: 20)
        worker.close()
        async let running = scheduler.submit(submission(1, [10]))
        try await worker.started(1)
        async let waiting = scheduler.submit(submission(2, [15]))
        try await waits(scheduler, tokens: 15)
        let refused = await Task { [self] in try await scheduler.submit(submission(3, [4, 4])) }.result
        #expect(throws: EmbeddingError.overloaded(retryAfter: .seconds(1))) { try refused.get() }
        #expect(scheduler.status.counts.refusedRequests == 1)
        worker.open()
        #expect(try await running.vectors == [[1, 10]])
        #expect(try await waiting.vectors == [[2, 15]])
        await scheduler.drain()
    }

    @Test("an interactive step runs at the yield point of a bulk step, which then goes on")
    func preemption() async throws {
        let scheduler = scheduler()
        worker.close()
        async let bulk = scheduler.submit(submission(1, [20]))
        try await worker.started(1)
        let query = try await scheduler.submit(submission(5, [3], priority: .interactive))
        #expect(try query.vectors == [[5, 3]])
        #expect(worker.steps.withLock { $0.map(\.depth) } == [0, 1])
        worker.open()
        #expect(try await bulk.vectors == [[1, 20]])
        #expect(scheduler.status.counts.preemptions == 1)
        await scheduler.drain()
    }

    @Test("cancelled rows that wait never start")
    func cancelWaiting() async throws {
        let scheduler = scheduler()
        worker.close()
        async let running = scheduler.submit(submission(1, [10]))
        try await worker.started(1)
        let waiting = Task { [self] in try await scheduler.submit(submission(2, [7, 7])) }
        try await waits(scheduler, tokens: 14)
        waiting.cancel()
        let result = await waiting.result
        #expect(throws: EmbeddingError.cancelled) { try result.get() }
        try await waits(scheduler, tokens: 0)
        worker.open()
        _ = try await running
        await scheduler.drain()
        #expect(worker.lengths == [[10]])
    }

    @Test("a step nobody wants any more stops at its next yield point, and the next one runs")
    func abandon() async throws {
        let scheduler = scheduler()
        worker.close()
        let first = Task { [self] in try await scheduler.submit(submission(1, [10])) }
        try await worker.started(1)
        first.cancel()
        _ = await first.result
        while worker.abandoned.load(ordering: .relaxed) == 0 { try await Task.sleep(for: .milliseconds(1)) }
        worker.open()
        #expect(try await scheduler.submit(submission(5, [3])).vectors == [[5, 3]])
        #expect(scheduler.status.counts.abandonedSteps == 1)
        await scheduler.drain()
    }

    @Test("a task that is cancelled already is not admitted")
    func cancelledBefore() async throws {
        let scheduler = scheduler()
        let task = Task { [self] in
            while !Task.isCancelled { await Task.yield() }
            return try await scheduler.submit(submission(1, [1]))
        }
        task.cancel()
        let result = await task.result
        #expect(throws: EmbeddingError.cancelled) { try result.get() }
        await scheduler.drain()
        #expect(worker.lengths.isEmpty)
    }

    @Test("a deadline ends a request that waits and one that runs")
    func deadlines() async throws {
        let scheduler = scheduler()
        worker.close()
        var first = submission(1, [10]), second = submission(2, [25])
        first.deadline = .now + .milliseconds(20)
        second.deadline = .now + .milliseconds(30)
        let requests = [first, second].map { request in Task { try await scheduler.submit(request) } }
        for request in requests {
            let result = await request.result
            #expect(throws: EmbeddingError.deadlineExceeded) { try result.get() }
        }
        #expect(scheduler.status.counts.expiredRequests == 2)
        worker.open()
        await scheduler.drain()
    }

    @Test("equal rows in flight run once, and a later one comes from the cache")
    func reuse() async throws {
        let scheduler = scheduler(cacheBytes: 100_000)
        worker.close()
        async let first = scheduler.submit(submission(1, [10]))
        try await worker.started(1)
        async let second = scheduler.submit(submission(1, [10]))
        while scheduler.status.counts.sharedInputs == 0 { try await Task.sleep(for: .milliseconds(1)) }
        worker.open()
        #expect(try await first.vectors == [[1, 10]])
        #expect(try await second.vectors == [[1, 10]])
        let third = try await scheduler.submit(submission(1, [10, 4]))
        #expect(try third.vectors == [[1, 10], [2, 4]])
        #expect(third.cachedInputs == 1)
        var fresh = submission(1, [10])
        fresh.isShared = false
        #expect(try await scheduler.submit(fresh).cachedInputs == 0)
        await scheduler.drain()
        #expect(worker.lengths == [[10], [4], [10]])
    }

    @Test("draining answers what was admitted and refuses what comes later")
    func drain() async throws {
        let scheduler = scheduler()
        worker.close()
        async let first = scheduler.submit(submission(1, [20]))
        try await worker.started(1)
        async let second = scheduler.submit(submission(2, [20]))
        try await waits(scheduler, tokens: 20)
        async let drained: Void = scheduler.drain()
        // The refusal shows that the drain has begun; until then probes are taken back.
        var refused = false
        while !refused {
            let probe = Task { [self] in try await scheduler.submit(submission(9, [1])) }
            try await Task.sleep(for: .milliseconds(2))
            probe.cancel()
            if case .failure(let error) = await probe.result { refused = error as? EmbeddingError == .shuttingDown }
        }
        worker.open()
        #expect(try await first.vectors == [[1, 20]])
        #expect(try await second.vectors == [[2, 20]])
        await drained
    }

    @Test("a row that is not finite fails its own request only, or its own input if the rest is wanted")
    func notFinite() async throws {
        let scheduler = scheduler(stepTokens: 100)
        async let good = scheduler.submit(submission(1, [2]))
        let poisoned = submission(FakeWorker.poison - 1, [2, 2])
        let failed = await Task { try await scheduler.submit(poisoned) }.result
        #expect(throws: EmbeddingError.notFinite(index: 1)) { try failed.get() }
        #expect(try await good.vectors == [[1, 2]])
        var partial = poisoned
        partial.isPartial = true
        let results = try await scheduler.submit(partial).results
        #expect(results == [.success([Float(FakeWorker.poison - 1), 2]), .failure(.notFinite(index: 1))])
        await scheduler.drain()
    }

    @Test("when the worker fails every waiter gets its error, later requests too, and the reason is told once")
    func workerDeath() async throws {
        let reasons = Mutex<[String]>([])
        let scheduler = scheduler { reason in reasons.withLock { $0.append(reason) } }
        worker.close()
        let requests = (0..<20).map { number in
            Task { [self] in try await scheduler.submit(submission(Int32(number), [10])) }
        }
        try await worker.started(1)
        try await waits(scheduler, tokens: 190 - (worker.lengths[0].count - 1) * 10)
        worker.fail("poisoned")
        let failure = EmbeddingError.computeFailed(reason: "poisoned")
        for request in requests {
            let result = await request.result
            #expect(throws: failure) { try result.get() }
        }
        let later = await Task { [self] in try await scheduler.submit(submission(1, [1])) }.result
        #expect(throws: failure) { try later.get() }
        #expect(reasons.withLock { $0 } == ["poisoned"])
        await scheduler.drain()
    }
}

extension SchedulingPolicy.Output {
    /// The vectors, if all inputs have one.
    var vectors: [[Float]] {
        get throws { try results.map { try $0.get() } }
    }
}
