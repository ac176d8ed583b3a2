@testable import InferenceCore

/// What a simulation drives: the policy itself, or one with a fault planted in it.
protocol PolicyUnderTest {
    mutating func admit(
        _ submission: SchedulingPolicy.Submission,
        number: Int,
        now: ContinuousClock.Instant
    ) -> SchedulingPolicy.Admission
    mutating func cancel(_ number: Int) -> SchedulingPolicy.Answer?
    mutating func expire(now: ContinuousClock.Instant) -> [SchedulingPolicy.Answer]
    mutating func nextStep(now: ContinuousClock.Instant) -> SchedulingPolicy.Step?
    mutating func preemptingStep(now: ContinuousClock.Instant) -> SchedulingPolicy.Step?
    mutating func isWanted(now: ContinuousClock.Instant) -> Bool
    mutating func finish(_ vectors: [[Float]?], now: ContinuousClock.Instant) -> [SchedulingPolicy.Answer]
    mutating func failAll(_ error: EmbeddingError) -> [SchedulingPolicy.Answer]
}

extension SchedulingPolicy: PolicyUnderTest {}

/// What the policy promises (docs/scheduling.md).
enum Invariant: String, CaseIterable {
    /// Every admitted request is answered exactly once.
    case answeredOnce
    /// Every vector is that of the input at its own index; every error is deserved.
    case rightAnswer
    /// No step is above the limit of work unless it is one row; all rows are of one model.
    case stepSize
    /// The compute thread is idle only when nothing waits.
    case noIdleWindow
    /// An interactive request waits for no more bulk work than to the next yield point.
    case interactiveWait
    /// Bulk work gets a quarter of the time under an endless interactive load.
    case bulkFloor
    /// Callers of a class get equal amounts of work.
    case fairness
    /// A row that nobody wants does not start, and a step that nobody wants stops at the next yield point.
    case noDeadWork
    /// Equal inputs are computed once.
    case noRepeatedWork
    /// What waits is within the limit, or one request.
    case boundedQueue
    /// An idle scheduler refuses nobody.
    case openWhenIdle
    /// A request is over when its deadline is, at the next yield point.
    case deadline
    /// When the worker fails, so does everything that waits.
    case workerDeath
}

/// A policy with one fault, to show that a broken promise is noticed.
struct FaultyPolicy: PolicyUnderTest {
    enum Fault: String, CaseIterable {
        case swapsVectors, losesAnswer, answersTwice, ignoresStepLimit, waitsBeforeStarting, neverPreempts
        case starvesBulk, ignoresCallers, computesCancelled, neverAbandons, computesRepeats, ignoresQueueLimit
        case refusesWhenIdle, ignoresDeadlines, forgetsOneOnDeath

        /// The promise that it breaks.
        var breaks: Invariant {
            switch self {
            case .swapsVectors: .rightAnswer
            case .losesAnswer, .answersTwice: .answeredOnce
            case .ignoresStepLimit: .stepSize
            case .waitsBeforeStarting: .noIdleWindow
            case .neverPreempts: .interactiveWait
            case .starvesBulk: .bulkFloor
            case .ignoresCallers: .fairness
            case .computesCancelled, .neverAbandons: .noDeadWork
            case .computesRepeats: .noRepeatedWork
            case .ignoresQueueLimit: .boundedQueue
            case .refusesWhenIdle: .openWhenIdle
            case .ignoresDeadlines: .deadline
            case .forgetsOneOnDeath: .workerDeath
            }
        }
    }

    let fault: Fault
    private var base: SchedulingPolicy
    private var calls = 0
    private var hasWaited = false

    init(_ limits: SchedulingPolicy.Limits, _ fault: Fault) {
        self.fault = fault
        var limits = limits
        if fault == .ignoresStepLimit { limits.stepTokens *= 3 }
        if fault == .ignoresQueueLimit { limits.queueTokens *= 3 }
        base = SchedulingPolicy(limits)
    }

    mutating func admit(
        _ submission: SchedulingPolicy.Submission,
        number: Int,
        now: ContinuousClock.Instant
    ) -> SchedulingPolicy.Admission {
        calls += 1
        var submission = submission
        if fault == .ignoresCallers { submission.caller = "" }
        if fault == .computesRepeats { submission.isShared = false }
        if fault == .refusesWhenIdle, calls % 7 == 0 { return .refused(retryAfter: .seconds(1)) }
        return base.admit(submission, number: number, now: now)
    }

    mutating func cancel(_ number: Int) -> SchedulingPolicy.Answer? {
        guard fault == .computesCancelled else { return base.cancel(number) }
        // The caller is answered, and its rows stay.
        return base.requests[number].map { _ in .init(request: number, result: .failure(.cancelled)) }
    }

    mutating func expire(now: ContinuousClock.Instant) -> [SchedulingPolicy.Answer] {
        fault == .ignoresDeadlines ? [] : base.expire(now: now)
    }

    mutating func nextStep(now: ContinuousClock.Instant) -> SchedulingPolicy.Step? {
        if fault == .starvesBulk { base.floor.clear() }
        if fault == .waitsBeforeStarting {
            hasWaited.toggle()
            if hasWaited { return nil }
        }
        return base.nextStep(now: now)
    }

    mutating func preemptingStep(now: ContinuousClock.Instant) -> SchedulingPolicy.Step? {
        if fault == .starvesBulk { base.floor.clear() }
        return fault == .neverPreempts ? nil : base.preemptingStep(now: now)
    }

    mutating func isWanted(now: ContinuousClock.Instant) -> Bool {
        if fault == .neverAbandons { return true }
        return base.isWanted(now: now)
    }

    mutating func finish(_ vectors: [[Float]?], now: ContinuousClock.Instant) -> [SchedulingPolicy.Answer] {
        calls += 1
        var vectors = vectors
        if fault == .swapsVectors, vectors.count > 1 { vectors.swapAt(0, 1) }
        var answers = base.finish(vectors, now: now)
        if fault == .losesAnswer, calls % 5 == 0 { _ = answers.popLast() }
        if fault == .answersTwice, calls % 5 == 0 { answers += answers.suffix(1) }
        return answers
    }

    mutating func failAll(_ error: EmbeddingError) -> [SchedulingPolicy.Answer] {
        let answers = base.failAll(error)
        return fault == .forgetsOneOnDeath ? Array(answers.dropLast()) : answers
    }
}
