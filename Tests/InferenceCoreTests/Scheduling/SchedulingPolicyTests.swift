import Testing

@testable import InferenceCore

/// Single decisions of the policy, at times of the test's choosing.
@Suite struct SchedulingPolicyTests {
    private let start = ContinuousClock.now

    private func submission(
        _ first: Int32,
        _ lengths: [Int],
        _ priority: Priority = .bulk,
        caller: String = "",
        adapter: Int? = nil
    ) -> SchedulingPolicy.Submission {
        let rows = lengths.enumerated().map { index, length in
            RowKey(model: 0, adapter: adapter, tokens: Array(repeating: first + Int32(index), count: length))
        }
        return SchedulingPolicy.Submission(rows: rows, priority: priority, caller: caller)
    }

    /// A policy that has seen the machine compute 1,000 tokens a second; it is one second later.
    private func measured(_ limits: SchedulingPolicy.Limits) -> SchedulingPolicy {
        var policy = SchedulingPolicy(limits)
        _ = policy.admit(submission(1, [1_000]), number: -1, now: start)
        let step = policy.nextStep(now: start)
        #expect(step?.tokens == 1_000)
        _ = policy.finish([[0]], now: start + .seconds(1))
        return policy
    }

    @Test("rows of two scopes are computed twice, also in one step; those of one scope once")
    func scopes() throws {
        var policy = SchedulingPolicy(.init(queueTokens: 1_000, stepTokens: 64, cacheBytes: 1 << 20))
        func scoped(_ scope: String?) -> SchedulingPolicy.Submission {
            var submission = submission(7, [5])
            submission.rows[0].scope = scope
            return submission
        }
        for (number, scope) in ["a", "b", "a", nil, nil].enumerated() {
            _ = policy.admit(scoped(scope), number: number, now: start)
        }
        let next = policy.nextStep(now: start)
        let step = try #require(next)
        #expect(step.keys.map(\.scope).sorted { ($0 ?? "") < ($1 ?? "") } == [nil, "a", "b"])
        _ = policy.finish(step.keys.map { _ in [1] }, now: start + .seconds(1))
        for (number, scope) in ["a", "b", nil].enumerated() {
            guard case .answered = policy.admit(scoped(scope), number: 10 + number, now: start + .seconds(1)) else {
                Issue.record("not from the cache")
                return
            }
        }
        guard case .admitted = policy.admit(scoped("c"), number: 20, now: start + .seconds(1)) else {
            Issue.record("c was told what others have embedded")
            return
        }
    }

    @Test("a refused request is taken after exactly the time it was told", arguments: 1...40)
    func retryAfter(tokens: Int) throws {
        var policy = measured(.init(queueTokens: 1_000, bulkWait: .seconds(100), stepTokens: 64))
        var now = start + .seconds(1)
        for number in 0..<20 { _ = policy.admit(submission(Int32(number * 100), [50]), number: number, now: now) }
        let late = submission(9_000, [tokens * 10])
        guard case .refused(let wait) = policy.admit(late, number: 100, now: now) else {
            Issue.record("a full queue takes more")
            return
        }
        #expect(wait > .zero)
        // Rows of 50 tokens leave the queue one by one: a moment before, the last one needed has not started.
        while true {
            let next = policy.nextStep(now: now)
            let step = try #require(next)
            if now >= start + .seconds(1) + wait { break }
            if case .admitted = policy.admit(late, number: 101, now: now) {
                #expect(now + .milliseconds(100) >= start + .seconds(1) + wait, "taken much earlier")
                return
            }
            now += .milliseconds(step.tokens)
            _ = policy.finish(step.keys.map { _ in [0] }, now: now)
        }
        guard case .admitted = policy.admit(late, number: 102, now: now) else {
            Issue.record("refused again after \(wait)")
            return
        }
    }

    @Test("a request that cannot be done by its deadline is refused at once")
    func deadline() {
        var policy = measured(.init())
        let now = start + .seconds(1)
        _ = policy.admit(submission(1, [500]), number: 0, now: now)
        var late = submission(5, [500])
        late.deadline = now + .milliseconds(900)
        guard case .refused(let wait) = policy.admit(late, number: 1, now: now) else {
            Issue.record("it waits 500 ms and takes 500 ms")
            return
        }
        #expect(wait > .milliseconds(99) && wait < .milliseconds(101))
        late.deadline = now + .milliseconds(1_001)
        if case .admitted = policy.admit(late, number: 2, now: now) {} else { Issue.record("it can be done") }
        var idle = measured(.init())
        late.deadline = now + .milliseconds(100)
        if case .admitted = idle.admit(late, number: 0, now: now) {} else { Issue.record("no wait would help") }
        late.deadline = now
        if case .expired = policy.admit(late, number: 3, now: now) {} else { Issue.record("it is too late") }
    }

    @Test("the predicted wait is the work ahead, and a new caller waits for no more than its turn")
    func prediction() {
        var policy = measured(.init())
        let now = start + .seconds(1)
        _ = policy.admit(submission(1, Array(repeating: 100, count: 20), caller: "a"), number: 0, now: now)
        let own = policy.predictedWait(.bulk, caller: "a", adding: 100, now: now)
        let other = policy.predictedWait(.bulk, caller: "b", adding: 100, now: now)
        #expect(abs(own / .seconds(1) - 2) < 0.01)
        #expect(abs(other / .seconds(1) - 0.1) < 0.01)
        #expect(policy.predictedWait(.interactive, caller: "a", adding: 10, now: now) == .zero)
    }

    @Test("a long row counts for what it takes, while it waits and after it ran")
    func longRow() {
        var policy = measured(.init(bulkWait: nil))
        let now = start + .seconds(1)
        let long = RowKey(model: 0, adapter: nil, tokens: Array(repeating: 7, count: 1_000), work: 50_000)
        _ = policy.admit(.init(rows: [long], priority: .bulk), number: 0, now: now)
        _ = policy.admit(submission(1, [100]), number: 1, now: now)
        let before = policy.predictedWait(.bulk, caller: "", adding: 0, now: now)
        #expect(abs(before / .seconds(1) - 50.1) < 0.01)
        #expect(policy.nextStep(now: now)?.keys == [long])
        _ = policy.finish([[0]], now: now + .seconds(50))
        let after = policy.predictedWait(.bulk, caller: "", adding: 0, now: now + .seconds(50))
        #expect(abs(after / .seconds(1) - 0.1) < 0.001, "short rows are as fast as before")
    }

    @Test("a step lasts about as long on a slow machine and on a fast one", arguments: [50, 1_000, 20_000, 1_000_000])
    func stepSize(rate: Int) {
        for (priority, milliseconds) in [(Priority.interactive, 75), (.bulk, 300)] {
            let size = StepSize(limit: 2_048).work(of: priority, perSecond: Double(rate))
            #expect(size == min(2_048, max(64, rate * milliseconds / 1_000)))
        }
    }

    @Test("a step mixes tasks, those of one adapter side by side")
    func mixedTasks() {
        var policy = SchedulingPolicy(.init())
        for (number, adapter) in [2, nil, 0, 2, 0, nil].enumerated() {
            _ = policy.admit(submission(Int32(number), [1], adapter: adapter), number: number, now: start)
        }
        let step = policy.nextStep(now: start)
        #expect(step?.keys.map(\.adapter) == [nil, nil, 0, 0, 2, 2])
    }

    @Test("two thousand inputs are split into steps")
    func largeRequest() throws {
        var policy = SchedulingPolicy(.init())
        _ = policy.admit(submission(0, Array(repeating: 3, count: 2_048)), number: 0, now: start)
        var answers: [SchedulingPolicy.Answer] = []
        var steps = 0
        while let step = policy.nextStep(now: start) {
            steps += 1
            answers += policy.finish(step.keys.map { [Float($0.tokens[0])] }, now: start)
        }
        #expect(steps > 40)
        #expect(answers.count == 1)
        #expect(try answers[0].result.get().vectors == (0..<2_048).map { [Float($0)] })
    }

    @Test("an interactive input pulls its row out of the bulk queue, and takes a vector that bulk work has just made")
    func promotion() {
        var policy = SchedulingPolicy(.init(stepTokens: 10))
        _ = policy.admit(submission(1, [10, 10, 10]), number: 0, now: start)
        _ = policy.admit(submission(3, [10], .interactive), number: 1, now: start)
        let first = policy.nextStep(now: start), afterFirst = policy.finish([[3]], now: start)
        #expect(first?.keys.first?.tokens.first == 3)
        #expect(afterFirst.map(\.request) == [1])
        // Row 1 runs as bulk work; an equal query does not join it, and is answered when it is done all the same.
        let second = policy.nextStep(now: start)
        #expect(second?.keys.first?.tokens.first == 1)
        _ = policy.admit(submission(1, [10], .interactive), number: 2, now: start)
        #expect(policy.waitingTokens(.interactive) == 10)
        let afterSecond = policy.finish([[1]], now: start)
        #expect(afterSecond.map(\.request) == [2])
        #expect(policy.waitingTokens(.interactive) == 0)
    }
}

@Suite struct PriorityTests {
    @Test("short queries and single short texts are interactive; headers win, but not for long rows")
    func inference() {
        func priority(_ task: EmbeddingTask?, _ lengths: [Int], asked: Priority? = nil) -> Priority {
            Priority(requested: asked, task: task, lengths: lengths)
        }
        #expect(priority(.retrievalQuery, [12]) == .interactive)
        #expect(priority(.retrievalQuery, Array(repeating: 12, count: 64)) == .interactive)
        #expect(priority(.retrievalQuery, Array(repeating: 12, count: 200)) == .bulk)
        #expect(priority(.retrievalPassage, [300]) == .interactive)
        #expect(priority(nil, [100, 100, 100, 100]) == .interactive)
        #expect(priority(nil, [10, 10, 10, 10, 10]) == .bulk)
        #expect(priority(nil, [600]) == .bulk)
        #expect(priority(nil, [600], asked: .interactive) == .interactive)
        #expect(priority(.retrievalQuery, [12], asked: .bulk) == .bulk)
        #expect(priority(.retrievalQuery, [1_025], asked: .interactive) == .bulk)
    }
}

@Suite struct RateEstimateTests {
    @Test("predicts from what it has seen, and follows a change")
    func follows() throws {
        var estimate = RateEstimate()
        #expect(estimate.perSecond == nil)
        estimate.record(1_000, during: .seconds(1))
        #expect(estimate.perSecond == 1_000)
        for _ in 0..<200 { estimate.record(100, during: .seconds(1)) }
        #expect(abs(try #require(estimate.perSecond) - 100) < 1)
    }
}

@Suite struct StallDetectorTests {
    @Test("twelve looks without progress are a stall; progress, idleness and a long sleep are not")
    func looks() {
        var detector = StallDetector()
        var verdicts = (0..<12).map { _ in detector.isStuck(progress: 7) }
        #expect(!verdicts.contains(true))
        let last = detector.isStuck(progress: 7)
        #expect(last)
        verdicts =
            (0..<30).map { detector.isStuck(progress: $0) } + (0..<30).map { _ in detector.isStuck(progress: nil) }
        #expect(!verdicts.contains(true))
    }
}
