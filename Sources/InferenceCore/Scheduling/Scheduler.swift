import Synchronization

/// Brings requests and compute worker together: queues rows, packs steps, answers every row at its own index.
///
/// One thread runs the steps. Requests are admitted whole or refused at once; a cancelled request's rows leave the
/// queue, and a step whose requests have all gone stops at the next layer. There is no waiting window: an idle worker
/// takes what is there, and what arrives meanwhile forms the next step.
final class Scheduler: Sendable {
    /// Runs one step for the model with this index: one pooled vector per row, or `nil` if it was abandoned.
    typealias Execute = (_ model: Int, _ step: PackedStep, _ isAbandoned: () -> Bool) -> [[Float]]?

    /// What became of a request.
    struct Output: Sendable {
        /// One pooled vector per input.
        let vectors: [[Float]]
        /// From admission to the start of its first step.
        let queueTime: Duration
        /// From there to the end of its last step.
        let computeTime: Duration
    }

    private typealias Answer = Result<Output, EmbeddingError>

    /// A request that has been admitted and not answered.
    private struct Pending {
        let answer: UnsafeContinuation<Answer, Never>
        let admitted: ContinuousClock.Instant
        var started: ContinuousClock.Instant?
        var vectors: [[Float]?]
        var missing: Int
    }

    /// A continuation and what it is to be resumed with, once the lock is free.
    private typealias Reply = (continuation: UnsafeContinuation<Answer, Never>, answer: Answer)

    private enum Phase { case running, draining, stopped }

    private struct State {
        var phase = Phase.running
        var queue: RowQueue
        var pending: [RowQueue.RequestNumber: Pending] = [:]
        var throughput = ThroughputEstimate()
        var lastNumber = 0
        var drained: [UnsafeContinuation<Void, Never>] = []
    }

    private let state: WaitCondition<State>
    private let stepTokens: Int
    private let clock = ContinuousClock()
    /// Requests of the running step that are still wanted.
    private let wantedInStep = Atomic<Int>(0)

    /// Starts the compute worker.
    ///
    /// - Parameter makeExecute: called once, on the worker's thread, where everything it makes stays.
    init(queueTokens: Int, stepTokens: Int, makeExecute: @escaping @Sendable () -> Execute) {
        state = WaitCondition(State(queue: RowQueue(tokenLimit: queueTokens)))
        self.stepTokens = stepTokens
        WorkerThread.start(name: "compute-0") { [self] in work(makeExecute()) }
    }

    /// Tokens that wait.
    var waitingTokens: Int { state.withLock { $0.queue.waitingTokens } }

    /// Embeds rows on one model and waits for all of them.
    func submit(_ rows: [[Int32]], model: Int, adapter: Int? = nil) async throws(EmbeddingError) -> Output {
        let number = state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        let answer = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let queued = rows.enumerated().map {
                    RowQueue.Row(request: number, index: $0, model: model, adapter: adapter, tokens: $1)
                }
                if let refusal = admit(queued, number: number, continuation) {
                    continuation.resume(returning: .failure(refusal))
                } else {
                    state.signal()
                }
            }
        } onCancel: {
            cancel(number)
        }
        return try answer.get()
    }

    /// Refuses new requests and waits until all admitted ones are answered, then ends the worker.
    func drain() async {
        await withUnsafeContinuation { continuation in
            let isIdle = state.withLock { state in
                if state.phase == .running { state.phase = .draining }
                guard !state.pending.isEmpty else { return true }
                state.drained.append(continuation)
                return false
            }
            if isIdle { continuation.resume() }
        }
        state.withLock { $0.phase = .stopped }
        state.signal()
    }

    /// Queues the rows; says why not otherwise.
    private func admit(
        _ rows: [RowQueue.Row],
        number: Int,
        _ continuation: UnsafeContinuation<Answer, Never>
    ) -> EmbeddingError? {
        state.withLock { state in
            // `cancel` takes the same lock: a task cancelled earlier is seen here, a later one finds its rows.
            guard !Task.isCancelled else { return .cancelled }
            guard state.phase == .running else { return .shuttingDown }
            guard state.queue.admit(rows) else {
                let wait = state.throughput.duration(tokens: state.queue.waitingTokens) ?? .seconds(1)
                return .overloaded(retryAfter: min(max(wait, .seconds(1)), .seconds(59)))
            }
            state.pending[number] = Pending(
                answer: continuation,
                admitted: clock.now,
                started: nil,
                vectors: Array(repeating: nil, count: rows.count),
                missing: rows.count
            )
            return nil
        }
    }

    private func cancel(_ number: Int) {
        let reply = state.withLock { state in
            Self.finish(number, with: .failure(.cancelled), in: &state, wanted: wantedInStep)
        }
        send([reply])
    }

    /// Takes a request out of the state, whatever of it is still queued or running.
    private static func finish(
        _ number: Int,
        with answer: Answer,
        in state: inout State,
        wanted: borrowing Atomic<Int>
    ) -> Reply? {
        guard let pending = state.pending.removeValue(forKey: number) else { return nil }
        if pending.missing > 0 { state.queue.remove(number) }
        if pending.started != nil { wanted.subtract(1, ordering: .relaxed) }
        return (pending.answer, answer)
    }

    /// Resumes continuations outside the lock, and those who wait for the drain.
    private func send(_ replies: [Reply?]) {
        for case let reply? in replies { reply.continuation.resume(returning: reply.answer) }
        let drained = state.withLock { state in
            guard state.pending.isEmpty else { return [UnsafeContinuation<Void, Never>]() }
            defer { state.drained = [] }
            return state.drained
        }
        for continuation in drained { continuation.resume() }
    }

    /// The compute worker's life.
    private func work(_ execute: Execute) {
        while let rows = nextStep() {
            var step = PackedStep()
            for row in rows { step.append(row.tokens, adapter: row.adapter) }
            let start = clock.now
            let vectors = execute(rows[0].model, step) { wantedInStep.load(ordering: .relaxed) <= 0 }
            deliver(vectors, of: rows, tokens: step.tokenCount, duration: clock.now - start)
        }
    }

    /// Waits for rows; `nil` once the scheduler has stopped.
    private func nextStep() -> [RowQueue.Row]? {
        state.wait { state in
            guard !state.queue.isEmpty else { return state.phase == .stopped ? .some(nil) : nil }
            let rows = state.queue.nextStep(tokenBudget: stepTokens)
            let now = clock.now
            var wanted = 0
            for number in Set(rows.map(\.request)) {
                wanted += 1
                if state.pending[number]?.started == nil { state.pending[number]?.started = now }
            }
            wantedInStep.store(wanted, ordering: .relaxed)
            return rows
        }
    }

    private func deliver(_ vectors: [[Float]]?, of rows: [RowQueue.Row], tokens: Int, duration: Duration) {
        guard let vectors else { return }
        let replies = state.withLock { state in
            state.throughput.record(tokens: tokens, duration: duration)
            let now = clock.now
            var replies: [Reply?] = []
            for (row, vector) in zip(rows, vectors) {
                guard var pending = state.pending[row.request] else { continue }
                guard vector.allSatisfy(\.isFinite) else {
                    let answer = Answer.failure(.notFinite(index: row.index))
                    replies.append(Self.finish(row.request, with: answer, in: &state, wanted: wantedInStep))
                    continue
                }
                pending.vectors[row.index] = vector
                pending.missing -= 1
                state.pending[row.request] = pending
                guard pending.missing == 0 else { continue }
                let started = pending.started ?? now
                let output = Output(
                    vectors: pending.vectors.compactMap(\.self),
                    queueTime: started - pending.admitted,
                    computeTime: now - started
                )
                replies.append(Self.finish(row.request, with: .success(output), in: &state, wanted: wantedInStep))
            }
            return replies
        }
        send(replies)
    }
}
