extension SchedulingPolicy {
    /// The next step for an idle compute thread; `nil` if nothing waits.
    mutating func nextStep(now: Instant) -> Step? {
        book(now)
        guard running.isEmpty else { return nil }
        let bulkFirst = floor.isDue && queues[.bulk]?.isEmpty == false
        if !bulkFirst, let step = start(.interactive, now: now) { return step }
        return start(.bulk, now: now)
    }

    /// The step to run in place of the bulk step that is at a yield point; `nil` if that one should go on.
    mutating func preemptingStep(now: Instant) -> Step? {
        book(now)
        guard running.count == 1, running[0].step.priority == .bulk, !floor.isDue else { return nil }
        let step = start(.interactive, now: now)
        if step != nil { counts.preemptions += 1 }
        return step
    }

    /// Whether anybody still waits for the step that computes.
    ///
    /// If not, the step is over: its rows are forgotten, and the compute thread should abandon it.
    mutating func isWanted(now: Instant) -> Bool {
        book(now)
        guard let step = running.last?.step else { return false }
        if step.rows.contains(where: { rows[$0]?.inputs.isEmpty == false }) { return true }
        running.removeLast()
        for number in step.rows { forget(number) }
        counts.abandonedSteps += 1
        return false
    }

    private mutating func start(_ priority: Priority, now: Instant) -> Step? {
        let (rates, stepSize) = (rates, stepSize)
        let entries = queues[priority]?.takeStep { stepSize.work(of: priority, perSecond: rates[$0]?.perSecond) } ?? []
        guard let first = entries.first else { return nil }
        var step: [(number: Int, key: RowKey)] = []
        for entry in entries {
            rows[entry.row]?.phase = .running(priority)
            guard let row = rows[entry.row] else { continue }
            step.append((entry.row, row.key))
            for input in row.inputs where requests[input.request]?.started == nil {
                requests[input.request]?.started = now
            }
        }
        // Rows of one adapter share its products.
        step.sort { ($0.key.adapter ?? -1, $0.number) < ($1.key.adapter ?? -1, $1.number) }
        let result = Step(
            priority: priority,
            model: first.model,
            rows: step.map(\.number),
            keys: step.map(\.key)
        )
        running.append(RunningStep(step: result))
        counts.steps[priority, default: 0] += 1
        return result
    }
}

extension SchedulingPolicy {
    /// What is going on now.
    func status(now: Instant) -> SchedulerStatus {
        var status = SchedulerStatus(waitingTokens: [:], predictedWait: [:], cacheBytes: cache.bytes, counts: counts)
        for priority in Priority.allCases {
            status.waitingTokens[priority] = waitingTokens(priority)
            status.predictedWait[priority] = predictedWait(priority, caller: "", adding: .max / 2, now: now)
        }
        return status
    }
}
