@testable import InferenceCore

/// Runs a schedule on a policy with a simulated clock and a fake model, and notes which promises are broken.
///
/// The model's vector for a row is a fingerprint of its key. A step takes a millisecond and its work by the machine's
/// rate, with a yield point before each of its layers.
struct Simulation<Policy: PolicyUnderTest> {
    struct Request {
        let submission: SchedulingPolicy.Submission
        let arrived: Int
        var answers = 0
        var ended: Int?
        var wasCancelled = false
        var started: Int?
        /// Bulk work done before it arrived.
        var bulkBefore = 0
    }

    private(set) var broken: [Invariant: String] = [:]
    private(set) var policy: Policy
    private let schedule: SimulatedSchedule
    private var now = 0
    private var requests: [Int: Request] = [:]
    private var live: Set<Int> = []
    private var events: [Event]
    private var isDead = false
    private var runningKeys: Set<RowKey> = []
    /// Keys that have been computed, or are being.
    private var computed: [RowKey: Int] = [:]
    private var bulkTime = 0
    private var interactiveTime = 0
    /// The longest time from one yield point to the next.
    private var longestLayer = 0
    private var longestInteractiveStep = 0
    /// Interactive and bulk time when bulk work began to wait.
    private var bulkPendingSince: (interactive: Int, bulk: Int)?
    private var served: [String: Int] = [:]

    private enum Action {
        case arrive(Int)
        case leave(Int)
        case die
    }

    private typealias Event = (time: Int, action: Action)

    init(_ schedule: SimulatedSchedule, _ policy: Policy) {
        self.schedule = schedule
        self.policy = policy
        events = []
        for (number, arrival) in schedule.arrivals.enumerated() {
            events.append((arrival.time, .arrive(number)))
            if let time = arrival.cancelled { events.append((time, .leave(number))) }
        }
        if let death = schedule.death { events.append((death, .die)) }
        events.sort { $0.time > $1.time }
    }

    /// Runs the whole schedule.
    mutating func run() {
        while true {
            handleEvents(until: now)
            record(policy.expire(now: SimulatedSchedule.instant(now)))
            if !isDead, let step = policy.nextStep(now: SimulatedSchedule.instant(now)) {
                run(step, depth: 0)
                continue
            }
            if !isDead, !live.isEmpty {
                fail(.noIdleWindow, "\(live.count) requests wait for an idle machine")
                // A second try, so that the run ends and other promises are looked at.
                if let step = policy.nextStep(now: SimulatedSchedule.instant(now)) {
                    run(step, depth: 0)
                    continue
                }
            }
            guard let next = events.last else { break }
            now = max(now, next.time)
        }
        for number in live.sorted() { fail(isDead ? .workerDeath : .answeredOnce, "request \(number) has no answer") }
    }

    // MARK: - The machine

    private mutating func run(_ step: SchedulingPolicy.Step, depth: Int) {
        check(step, depth: depth)
        let keys = Set(step.keys)
        runningKeys.formUnion(keys)
        let duration = 1_000 + step.work * 1_000_000 / schedule.rates[step.model]
        if step.priority == .interactive { longestInteractiveStep = max(longestInteractiveStep, duration) }
        for layer in 0..<schedule.layers {
            guard passYieldPoint(step, depth: depth) else { return runningKeys.subtract(keys) }
            let length = duration * (layer + 1) / schedule.layers - duration * layer / schedule.layers
            longestLayer = max(longestLayer, length)
            compute(length, step.priority)
        }
        runningKeys.subtract(keys)
        for key in step.keys { computed[key, default: 0] += 1 }
        record(policy.finish(step.keys.map(SimulatedSchedule.vector), now: SimulatedSchedule.instant(now)))
    }

    private mutating func passYieldPoint(_ step: SchedulingPolicy.Step, depth: Int) -> Bool {
        while true {
            record(policy.expire(now: SimulatedSchedule.instant(now)))
            guard policy.isWanted(now: SimulatedSchedule.instant(now)) else { return false }
            if !isDead, !step.keys.contains(where: isWanted) { fail(.noDeadWork, "a step goes on for nobody") }
            guard depth == 0, let next = policy.preemptingStep(now: SimulatedSchedule.instant(now)) else {
                return !isDead
            }
            run(next, depth: 1)
        }
    }

    private mutating func compute(_ length: Int, _ priority: Priority) {
        let end = now + length
        // Time passes in pieces, so that whoever arrives meanwhile sees the work done before.
        while now < end {
            let next = min(end, max(now, events.last?.time ?? end))
            if priority == .bulk { bulkTime += next - now } else { interactiveTime += next - now }
            now = next
            if now < end { handleEvents(until: now) }
        }
        checkFloor()
    }

    // MARK: - The callers

    private mutating func handleEvents(until time: Int) {
        while let event = events.last, event.time <= time {
            events.removeLast()
            switch event.action {
            case .arrive(let number): arrive(number)
            case .leave(let number):
                requests[number]?.wasCancelled = true
                record(policy.cancel(number).map { [$0] } ?? [])
            case .die:
                isDead = true
                record(policy.failAll(.computeFailed(reason: "poisoned")))
            }
        }
    }

    private mutating func arrive(_ number: Int) {
        if isDead { return }
        let submission = schedule.arrivals[number].submission
        let wasIdle = live.isEmpty && runningKeys.isEmpty && submission.deadline == nil
        switch policy.admit(submission, number: number, now: SimulatedSchedule.instant(now)) {
        case .answered(let output):
            requests[number] = Request(submission: submission, arrived: now)
            check(number, .success(output))
        case .refused:
            if wasIdle { fail(.openWhenIdle, "request \(number) was refused") }
        case .expired:
            let isDue = submission.deadline.map { $0 <= SimulatedSchedule.instant(now) } ?? false
            if !isDue { fail(.rightAnswer, "request \(number) expired on arrival") }
        case .admitted:
            var request = Request(submission: submission, arrived: now)
            request.bulkBefore = bulkTime
            let started = submission.rows.contains { runningKeys.contains($0) }
            if started, submission.priority == .bulk { request.started = now }
            requests[number] = request
            live.insert(number)
            checkQueue()
            if bulkPendingSince == nil, submission.priority == .bulk { bulkPendingSince = (interactiveTime, bulkTime) }
        }
    }

    private mutating func record(_ answers: [SchedulingPolicy.Answer]) {
        for answer in answers {
            live.remove(answer.request)
            requests[answer.request]?.answers += 1
            requests[answer.request]?.ended = now
            guard let request = requests[answer.request] else {
                fail(.answeredOnce, "request \(answer.request) was never admitted")
                continue
            }
            if request.answers > 1 { fail(.answeredOnce, "request \(answer.request) has a second answer") }
            check(answer.request, answer.result)
        }
        if !live.contains(where: { requests[$0]?.submission.priority == .bulk }) { bulkPendingSince = nil }
    }

    // MARK: - The promises

    private mutating func fail(_ invariant: Invariant, _ detail: String) {
        if broken[invariant] == nil { broken[invariant] = "at \(now): \(detail)" }
    }

    private func isWanted(_ key: RowKey) -> Bool {
        live.contains { requests[$0]?.submission.rows.contains(key) == true }
    }

    private mutating func check(_ number: Int, _ result: Result<SchedulingPolicy.Output, EmbeddingError>) {
        guard let request = requests[number] else { return }
        let rows = request.submission.rows
        switch result {
        case .success(let output):
            let isRight =
                output.results.count == rows.count
                && zip(output.results, rows).enumerated().allSatisfy { index, pair in
                    switch pair.0 {
                    case .success(let vector): vector == SimulatedSchedule.vector(pair.1)
                    case .failure(let error):
                        request.submission.isPartial && error == .notFinite(index: index)
                            && SimulatedSchedule.vector(pair.1) == nil
                    }
                }
            if !isRight { fail(.rightAnswer, "request \(number) got \(output.results)") }
        case .failure(.notFinite(let index)):
            let isRight =
                !request.submission.isPartial && rows.indices.contains(index)
                && SimulatedSchedule.vector(rows[index]) == nil
            if !isRight { fail(.rightAnswer, "request \(number) fails for input \(index)") }
        case .failure(.cancelled):
            if !request.wasCancelled { fail(.rightAnswer, "request \(number) was not cancelled") }
        case .failure(.computeFailed):
            if !isDead { fail(.rightAnswer, "request \(number) fails on a sound machine") }
        case .failure(.deadlineExceeded):
            let isDue = request.submission.deadline.map { $0 <= SimulatedSchedule.instant(now) } ?? false
            if !isDue { fail(.rightAnswer, "request \(number) expired early") }
        case .failure(let error): fail(.rightAnswer, "request \(number) failed with \(error)")
        }
        if let deadline = request.submission.deadline, !isDead {
            let late = SimulatedSchedule.instant(now) - deadline
            // What is computed between two yield points may be late by that much.
            if late > .microseconds(longestLayer + 1_000) { fail(.deadline, "request \(number) ends \(late) late") }
        }
    }

    private mutating func check(_ step: SchedulingPolicy.Step, depth: Int) {
        if step.keys.isEmpty || step.work > schedule.limits.stepTokens && step.keys.count > 1 {
            fail(.stepSize, "\(step.keys.count) rows of \(step.work) tokens' work")
        }
        if step.keys.contains(where: { $0.model != step.model }) { fail(.stepSize, "two models") }
        if depth == 1, step.priority == .bulk { fail(.interactiveWait, "bulk work preempts") }
        for key in step.keys where !isWanted(key) { fail(.noDeadWork, "a row starts for nobody") }
        checkRepeats(step)
        if schedule.kind == .backlog { checkFairness(step) }
        let keys = Set(step.keys)
        for number in live where requests[number]?.started == nil {
            guard let request = requests[number], request.submission.rows.contains(where: keys.contains) else {
                continue
            }
            requests[number]?.started = now
            if request.submission.priority == .interactive { checkWait(request, number) }
        }
    }

    /// Bulk work between the arrival and the start of an interactive request.
    private mutating func checkWait(_ request: Request, _ number: Int) {
        let bulk = bulkTime - request.bulkBefore
        // Less interactive time than this makes no debt that would let bulk work go first.
        let isLight = interactiveTime < 3 * 250_000
        let allowed =
            longestLayer
            + (isLight ? 0 : 250_000 + longestInteractiveStep / 3 + longestLayer + (now - request.arrived) / 3)
        if bulk > allowed {
            fail(.interactiveWait, "request \(number) waits for \(bulk) us of bulk work, \(allowed) allowed")
        }
    }

    private mutating func checkFloor() {
        guard schedule.kind == .flood, let since = bulkPendingSince else { return }
        let interactive = interactiveTime - since.interactive, bulk = bulkTime - since.bulk
        if interactive / 3 - bulk > 250_000 + longestInteractiveStep {
            fail(.bulkFloor, "\(bulk) us of bulk work beside \(interactive) us of interactive work")
        }
    }

    private mutating func checkFairness(_ step: SchedulingPolicy.Step) {
        let callers = live.compactMap { requests[$0]?.submission.caller }
        // Each caller has one request, and it is live while the caller has rows waiting.
        let work = callers.map { served[$0] ?? 0 }
        if let least = work.min(), let most = work.max(), most - least > 2 * schedule.limits.stepTokens + 2 * 120 {
            fail(.fairness, "\(served)")
        }
        for key in step.keys {
            for number in live where requests[number]?.submission.rows.contains(key) == true {
                served[requests[number]?.submission.caller ?? "", default: 0] += key.work
            }
        }
    }

    private mutating func checkRepeats(_ step: SchedulingPolicy.Step) {
        if Set(step.keys).count < step.keys.count { fail(.noRepeatedWork, "a row twice in a step") }
        // Bulk work joins whatever runs. Interactive work does not wait for a bulk step.
        if step.priority == .bulk, step.keys.contains(where: runningKeys.contains) {
            fail(.noRepeatedWork, "a row runs twice at a time")
        }
        if schedule.limits.cacheBytes >= 1_000_000 {
            for key in step.keys where (computed[key] ?? 0) > 0 && SimulatedSchedule.vector(key) != nil {
                fail(.noRepeatedWork, "a row runs although its vector is kept")
            }
        }
    }

    /// Rows may move between the classes, so the bound is on both together.
    private mutating func checkQueue() {
        let submissions = live.compactMap { requests[$0]?.submission }
        var keys: Set<RowKey> = []
        for submission in submissions {
            for key in submission.rows where !runningKeys.contains(key) && computed[key] == nil { keys.insert(key) }
        }
        let tokens = keys.reduce(0) { $0 + $1.tokens.count }
        let largest = submissions.map { $0.rows.reduce(0) { $0 + $1.tokens.count } }.max() ?? 0
        if tokens > 2 * max(schedule.limits.queueTokens, largest) { fail(.boundedQueue, "\(tokens) tokens wait") }
    }
}
