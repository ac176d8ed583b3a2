import Synchronization

/// Brings requests and the compute worker together: gives `SchedulingPolicy` a thread, a lock and a clock.
///
/// One thread runs the steps. There is no waiting window: an idle worker takes what is there, and what arrives meanwhile
/// forms the next step. At its yield points a bulk step is dropped if nobody wants it any more, and lets waiting
/// interactive steps run in its place on the same thread; then it goes on.
final class Scheduler: Sendable {
    /// Runs one step for the model with this index.
    ///
    /// - Parameters:
    ///   - depth: 0, or 1 for a step that runs while another is at a yield point, whose activations it must not touch.
    ///   - yield: to be called at every yield point; once it says no, the step is to be abandoned.
    /// - Returns: the output of each row, or `nil` if the step was abandoned.
    typealias Execute = (
        _ model: Int, _ step: PackedStep, _ depth: Int, _ yield: () -> Bool
    ) throws(ComputeFailure) -> [[Float]]?

    private typealias Answer = Result<SchedulingPolicy.Output, EmbeddingError>
    private typealias Caller = UnsafeContinuation<Answer, Never>

    private enum Phase {
        case running
        /// Admitted requests are still answered.
        case draining
        case stopped
        /// The worker is gone.
        case failed(reason: String)
    }

    private struct State {
        var phase = Phase.running
        var policy: SchedulingPolicy
        var callers: [Int: Caller] = [:]
        var drained: [UnsafeContinuation<Void, Never>] = []
        /// Yield points passed so far.
        var progress = 0
        var stallDetector = StallDetector()
    }

    /// What a step does at a yield point.
    private enum Decision {
        case goOn, abandon
        case run(SchedulingPolicy.Step)
    }

    private let state: WaitCondition<State>
    private let lastRequest = Atomic<Int>(0)
    private let clock = ContinuousClock()
    private let onFailure: @Sendable (String) -> Void

    /// Starts the compute worker.
    ///
    /// - Parameters:
    ///   - onFailure: called once if the worker fails, with the reason.
    ///   - makeExecute: called once, on the worker's thread, where everything it makes stays.
    init(
        limits: SchedulingPolicy.Limits,
        onFailure: @escaping @Sendable (String) -> Void = { _ in },
        makeExecute: @escaping @Sendable () -> Execute
    ) {
        state = WaitCondition(State(policy: SchedulingPolicy(limits)))
        self.onFailure = onFailure
        WorkerThread.start(name: "compute-0") { [self] in work(makeExecute()) }
        Task.detached { [weak self] in
            repeat { try? await Task.sleep(for: StallDetector.interval) } while self?.checkProgress() == true
        }
    }

    /// What is going on now.
    var status: SchedulerStatus { state.withLock { $0.policy.status(now: clock.now) } }

    /// Embeds rows and waits for all of them.
    func submit(_ submission: SchedulingPolicy.Submission) async throws(EmbeddingError) -> SchedulingPolicy.Output {
        let number = lastRequest.add(1, ordering: .relaxed).newValue
        let answer = await withTaskCancellationHandler {
            await withUnsafeContinuation { caller in
                if let answer = admit(submission, number: number, caller) {
                    caller.resume(returning: answer)
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
                if case .running = state.phase { state.phase = .draining }
                guard !state.policy.isIdle else { return true }
                state.drained.append(continuation)
                return false
            }
            if isIdle { continuation.resume() }
        }
        state.withLock { if case .draining = $0.phase { $0.phase = .stopped } }
        state.signal()
    }

    /// Fails every request, now and later.
    func fail(reason: String) {
        let (answers, isFirst) = state.withLock { state in
            if case .failed = state.phase { return ([SchedulingPolicy.Answer](), false) }
            state.phase = .failed(reason: reason)
            return (state.policy.failAll(.computeFailed(reason: reason)), true)
        }
        if isFirst { onFailure(reason) }
        send(answers)
    }

    /// Fails if the worker is stuck; tells whether to look again.
    private func checkProgress() -> Bool {
        let (isStuck, isOver) = state.withLock { state in
            let isComputing = !state.policy.running.isEmpty
            let isStuck = state.stallDetector.isStuck(progress: isComputing ? state.progress : nil)
            switch state.phase {
            case .running, .draining: return (isStuck, false)
            case .stopped, .failed: return (false, true)
            }
        }
        if isStuck { fail(reason: "a step has passed no yield point for a minute") }
        return !isStuck && !isOver
    }

    /// Gives the submission to the policy; `nil` if the caller has to wait.
    private func admit(_ submission: SchedulingPolicy.Submission, number: Int, _ caller: Caller) -> Answer? {
        state.withLock { state in
            // `cancel` takes the same lock: a task cancelled earlier is seen here, a later one finds its request.
            guard !Task.isCancelled else { return .failure(.cancelled) }
            switch state.phase {
            case .running: break
            case .draining, .stopped: return .failure(.shuttingDown)
            case .failed(let reason): return .failure(.computeFailed(reason: reason))
            }
            switch state.policy.admit(submission, number: number, now: clock.now) {
            case .answered(let output): return .success(output)
            case .refused(let wait):
                return .failure(.overloaded(retryAfter: min(max(wait, .seconds(1)), .seconds(59))))
            case .expired: return .failure(.deadlineExceeded)
            case .admitted:
                state.callers[number] = caller
                return nil
            }
        }
    }

    private func cancel(_ number: Int) {
        let answer = state.withLock { $0.policy.cancel(number) }
        send(answer.map { [$0] } ?? [])
    }

    /// Resumes callers outside the lock, and those who wait for the drain.
    private func send(_ answers: [SchedulingPolicy.Answer]) {
        if answers.isEmpty { return }
        let (replies, drained) = state.withLock { state in
            let replies = answers.compactMap { answer in
                state.callers.removeValue(forKey: answer.request).map { ($0, answer.result) }
            }
            let drained = state.policy.isIdle ? state.drained : []
            if state.policy.isIdle { state.drained = [] }
            return (replies, drained)
        }
        for (caller, answer) in replies { caller.resume(returning: answer) }
        for continuation in drained { continuation.resume() }
    }
}

// MARK: - The compute worker

extension Scheduler {
    /// The worker's life.
    private func work(_ execute: @escaping Execute) {
        do throws(ComputeFailure) {
            while let step = waitForStep() { try run(step, depth: 0, execute) }
        } catch {
            fail(reason: error.reason)
        }
    }

    /// Waits for rows; `nil` once there will be none.
    private func waitForStep() -> SchedulingPolicy.Step? {
        while true {
            let (step, answers): (SchedulingPolicy.Step??, [SchedulingPolicy.Answer]) = state.wait { state in
                let now = clock.now
                let expired = state.policy.expire(now: now)
                if let step = state.policy.nextStep(now: now) { return (step, expired) }
                switch state.phase {
                case .stopped, .failed: return (.some(nil), expired)
                case .running, .draining: return expired.isEmpty ? nil : (nil, expired)
                }
            }
            send(answers)
            if let step { return step }
        }
    }

    /// Runs a step to its end, or until nobody wants it any more.
    private func run(_ step: SchedulingPolicy.Step, depth: Int, _ execute: @escaping Execute) throws(ComputeFailure) {
        var packed = PackedStep()
        for key in step.keys { packed.append(key.tokens, adapter: key.adapter, output: key.output) }
        var failure: ComputeFailure?
        let vectors = try execute(step.model, packed, depth) {
            do throws(ComputeFailure) {
                return try yield(depth: depth, execute)
            } catch {
                failure = error
                return false
            }
        }
        if let failure { throw failure }
        guard let vectors else { return }
        guard vectors.count == step.rows.count else {
            throw ComputeFailure(reason: "a step of \(step.rows.count) rows gave \(vectors.count) vectors")
        }
        let sound = vectors.map { $0.allSatisfy(\.isFinite) ? $0 : nil }
        send(state.withLock { $0.policy.finish(sound, now: clock.now) })
    }

    /// A yield point: runs what should run first, and tells whether the step should go on.
    private func yield(depth: Int, _ execute: @escaping Execute) throws(ComputeFailure) -> Bool {
        while true {
            let (decision, expired) = state.withLock { state in
                state.progress += 1
                let now = clock.now
                let expired = state.policy.expire(now: now)
                guard state.policy.isWanted(now: now) else { return (Decision.abandon, expired) }
                guard depth == 0, let step = state.policy.preemptingStep(now: now) else { return (.goOn, expired) }
                return (.run(step), expired)
            }
            send(expired)
            switch decision {
            case .goOn: return true
            case .abandon: return false
            case .run(let step): try run(step, depth: 1, execute)
            }
        }
    }
}
