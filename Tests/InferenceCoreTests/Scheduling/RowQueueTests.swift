import Testing

@testable import InferenceCore

@Suite struct RowQueueTests {
    private func row(_ request: Int, _ index: Int, _ tokens: Int, model: Int = 0) -> RowQueue.Row {
        RowQueue.Row(
            request: request,
            index: index,
            model: model,
            adapter: nil,
            tokens: [Int32](repeating: 1, count: tokens)
        )
    }

    @Test("random requests, cancellations and steps keep every promise", arguments: 0..<300)
    func properties(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let limit = Int.random(in: 1...200, using: &random), budget = Int.random(in: 1...60, using: &random)
        var queue = RowQueue(tokenLimit: limit)
        var expected: [RowQueue.Row] = []  // what waits, in order
        for request in 0..<100 {
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                let model = Int.random(in: 0..<2, using: &random)
                let rows = (0..<Int.random(in: 1...6, using: &random)).map {
                    row(request, $0, Int.random(in: 1...40, using: &random), model: model)
                }
                let tokens = (expected + rows).reduce(0) { $0 + $1.tokens.count }
                let fits = expected.isEmpty || tokens <= limit
                let admitted = queue.admit(rows)
                #expect(admitted == fits)
                if fits { expected += rows }
            case 1:
                if let victim = expected.randomElement(using: &random)?.request {
                    queue.remove(victim)
                    expected.removeAll { $0.request == victim }
                }
            default:
                let step = queue.nextStep(tokenBudget: budget)
                #expect(step == Array(expected.prefix(step.count)), "in order of arrival")
                #expect(step.isEmpty == expected.isEmpty)
                #expect(Set(step.map(\.model)).count <= 1, "one model a step")
                let tokens = step.reduce(0) { $0 + $1.tokens.count }
                #expect(tokens <= budget || step.count == 1, "within the budget, or a single row")
                expected.removeFirst(step.count)
                if let next = expected.first, let last = step.last, next.model == last.model {
                    #expect(tokens + next.tokens.count > budget, "no room is left for the next row")
                }
            }
            #expect(queue.waitingTokens == expected.reduce(0) { $0 + $1.tokens.count })
            #expect(queue.isEmpty == expected.isEmpty)
        }
    }

    @Test("rows of one adapter lie together, in order of arrival")
    func adapters() {
        var queue = RowQueue(tokenLimit: 100)
        let adapters: [Int?] = [2, nil, 0, 2, 0, nil]
        let rows = adapters.enumerated().map {
            RowQueue.Row(request: $0, index: 0, model: 0, adapter: $1, tokens: [1])
        }
        let admitted = queue.admit(rows)
        #expect(admitted)
        let step = queue.nextStep(tokenBudget: 100)
        #expect(step.map(\.request) == [1, 5, 2, 4, 0, 3])
    }

    @Test("a request above the limit is taken by an empty queue only")
    func oversized() {
        var queue = RowQueue(tokenLimit: 10)
        let first = queue.admit([row(1, 0, 30)])
        let second = queue.admit([row(2, 0, 1)])
        #expect(first && !second)
        let step = queue.nextStep(tokenBudget: 5)
        #expect(step.map(\.request) == [1])
        let third = queue.admit([row(2, 0, 1)])
        #expect(third)
    }
}

@Suite struct ThroughputEstimateTests {
    @Test("predicts from what it has seen, and follows a change")
    func follows() throws {
        var estimate = ThroughputEstimate()
        #expect(estimate.duration(tokens: 10) == nil)
        estimate.record(tokens: 1000, duration: .seconds(1))
        #expect(try #require(estimate.duration(tokens: 500)) == .milliseconds(500))
        for _ in 0..<200 { estimate.record(tokens: 100, duration: .seconds(1)) }
        let late = try #require(estimate.duration(tokens: 100)) / .seconds(1)
        #expect(abs(late - 1) < 0.01)
    }
}
