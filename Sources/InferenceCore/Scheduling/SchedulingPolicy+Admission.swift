extension SchedulingPolicy {
    /// A request as it comes.
    struct Submission: Sendable {
        /// One for each input.
        var rows: [RowKey]
        /// Its class.
        var priority: Priority
        /// Who asks: time is shared out fairly between callers of a class.
        var caller = ""
        /// When the answer is no longer wanted.
        var deadline: Instant?
        /// Whether the other inputs are answered when one fails.
        var isPartial = false
        /// Whether its inputs may be answered from the cache and share rows with others.
        var isShared = true
    }

    /// What becomes of a submission.
    enum Admission {
        /// Every vector was in the cache.
        case answered(Output)
        /// It will be answered.
        case admitted
        /// Nothing of it was taken; there will be room after `retryAfter`.
        case refused(retryAfter: Duration)
        /// Its deadline has passed already.
        case expired
    }

    /// Where the vector of an input comes from.
    private struct Plan {
        var cached: [(index: Int, vector: [Float])] = []
        /// Rows that exist already.
        var joined: [(index: Int, row: Int)] = []
        /// Rows to make.
        var new: [(key: RowKey, indices: [Int])] = []
        /// Tokens of new rows, and of those that move up to the interactive class.
        var tokens = 0
        /// The work of the same rows, by model.
        var work: [Int: Int] = [:]

        mutating func add(_ key: RowKey) {
            tokens += key.tokens.count
            work[key.model, default: 0] += key.work
        }
    }

    /// Takes all inputs of a request, or none.
    ///
    /// - Parameter number: tells it from every other request.
    mutating func admit(_ submission: Submission, number: Int, now: Instant) -> Admission {
        if let deadline = submission.deadline, deadline <= now {
            counts.expiredRequests += 1
            return .expired
        }
        let plan = plan(submission)
        let first = plan.new.first?.key.work ?? 0
        let wait = predictedWait(submission.priority, caller: submission.caller, adding: first, now: now)
        if let retryAfter = refusal(submission, plan, wait: wait, now: now) {
            counts.refusedRequests += 1
            return .refused(retryAfter: retryAfter)
        }
        counts.cachedInputs += plan.cached.count
        counts.sharedInputs += submission.rows.count - plan.cached.count - plan.new.count
        var request = PendingRequest(
            priority: submission.priority,
            isPartial: submission.isPartial,
            deadline: submission.deadline,
            admitted: now,
            predictedWait: wait,
            cachedInputs: plan.cached.count,
            results: Array(repeating: nil, count: submission.rows.count),
            missing: submission.rows.count - plan.cached.count
        )
        for (index, vector) in plan.cached { request.results[index] = .success(vector) }
        if request.missing == 0 { return .answered(request.output(now: now)) }
        for (index, row) in plan.joined {
            rows[row]?.inputs.append(Input(request: number, index: index))
            request.rows.insert(row)
            if case .running? = rows[row]?.phase { request.started = now }
            if submission.priority == .interactive { promote(row, caller: submission.caller) }
        }
        for (key, indices) in plan.new {
            request.rows.insert(
                enqueue(key, inputs: indices.map { Input(request: number, index: $0) }, of: submission)
            )
        }
        pendingInputs[submission.priority, default: 0] += request.missing
        requests[number] = request
        if let deadline = submission.deadline { nextDeadline = min(nextDeadline ?? deadline, deadline) }
        return .admitted
    }

    /// How long until the last of some further work of a caller would begin to run.
    ///
    /// The work ahead of it by the measured rate. Interactive work waits for no bulk work, unless that is owed time;
    /// bulk work waits for all interactive work, and gets its measured share of the time.
    func predictedWait(_ priority: Priority, caller: String, adding work: Int, now: Instant) -> Duration {
        let ahead = queues[priority]?.workAhead(of: caller, adding: work) ?? [:]
        let wait = remainingTime(of: priority, now: now) + time(ahead)
        guard priority == .bulk else { return wait + (floor.isDue ? floor.debt : .zero) }
        let share = min(1, max(bulkShare.perSecond ?? 1, BulkFloor.share))
        return wait / share + time(queues[.interactive]?.workByModel ?? [:])
    }

    /// How long work takes, as far as its models have been timed.
    func time(_ work: [Int: Int]) -> Duration {
        var seconds = 0.0
        for (model, amount) in work {
            if let rate = rates[model]?.perSecond { seconds += Double(amount) / rate }
        }
        return .seconds(seconds)
    }

    /// What is left of the step of the same class.
    private func remainingTime(of priority: Priority, now: Instant) -> Duration {
        guard let position = running.firstIndex(where: { $0.step.priority == priority }) else { return .zero }
        let current = running[position]
        let isComputing = position == running.count - 1
        let computed = current.computed + (isComputing ? now - (booked ?? now) : .zero)
        return max(.zero, time([current.step.model: current.step.work]) - computed)
    }

    private mutating func plan(_ submission: Submission) -> Plan {
        var plan = Plan()
        var places: [RowKey: Int] = [:]
        for (index, key) in submission.rows.enumerated() {
            if submission.isShared {
                if let vector = cache.vector(for: key) {
                    plan.cached.append((index, vector))
                    continue
                }
                if let row = shared[key], canJoin(row, submission.priority) {
                    if submission.priority == .interactive, rows[row]?.phase == .waiting(.bulk),
                        !plan.joined.contains(where: { $0.row == row })
                    {
                        plan.add(key)
                    }
                    plan.joined.append((index, row))
                    continue
                }
                if let place = places[key] {
                    plan.new[place].indices.append(index)
                    continue
                }
                places[key] = plan.new.count
            }
            plan.new.append((key, [index]))
            plan.add(key)
        }
        return plan
    }

    /// An interactive input does not join a row of a bulk step: it would wait for the whole step.
    private func canJoin(_ row: Int, _ priority: Priority) -> Bool {
        priority == .bulk || rows[row]?.phase != .running(.bulk)
    }

    /// Why not to take a request: how long until it could be taken.
    ///
    /// `nil`: take it.
    private func refusal(_ submission: Submission, _ plan: Plan, wait: Duration, now: Instant) -> Duration? {
        let priority = submission.priority
        let missing = submission.rows.count - plan.cached.count
        guard missing > 0 else { return nil }
        var excess: [Duration] = []
        let waiting = waitingTokens(priority)
        let pending = pendingInputs[priority] ?? 0
        if waiting > 0, waiting + plan.tokens > limits.queueTokens {
            let surplus = min(waiting, waiting + plan.tokens - limits.queueTokens)
            excess.append(time(queues[priority]?.workByModel ?? [:]) * (Double(surplus) / Double(waiting)))
        }
        if pending > 0, pending + missing > limits.queueTokens { excess.append(wait) }
        let limit = priority == .interactive ? limits.interactiveWait : limits.bulkWait
        if let limit, wait > limit { excess.append(wait - limit) }
        if let deadline = submission.deadline {
            let work = plan.work.values.reduce(0, +)
            let start = predictedWait(priority, caller: submission.caller, adding: work, now: now)
            let surplus = start + time(plan.work) - (deadline - now)
            // What takes too long by itself is tried: no wait would help, and the prediction may be wrong.
            if surplus > .zero, start > .zero { excess.append(min(surplus, start)) }
        }
        return excess.max()
    }

    private mutating func enqueue(_ key: RowKey, inputs: [Input], of submission: Submission) -> Int {
        lastRow += 1
        rows[lastRow] = Row(
            key: key,
            caller: submission.caller,
            isShared: submission.isShared,
            phase: .waiting(submission.priority),
            inputs: inputs
        )
        if submission.isShared { shared[key] = lastRow }
        queues[submission.priority]?.append(FairQueue.Entry(lastRow, key), caller: submission.caller)
        return lastRow
    }

    /// Moves a bulk row that an interactive request waits for to the interactive class.
    private mutating func promote(_ number: Int, caller: String) {
        guard let row = rows[number], row.phase == .waiting(.bulk) else { return }
        queues[.bulk]?.remove([number])
        rows[number]?.phase = .waiting(.interactive)
        queues[.interactive]?.append(FairQueue.Entry(number, row.key), caller: caller)
    }
}
