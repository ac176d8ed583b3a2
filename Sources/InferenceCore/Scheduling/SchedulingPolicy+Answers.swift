extension SchedulingPolicy {
    /// What a request gets.
    struct Output: Sendable {
        /// The output of the row, or its error, for each input.
        let results: [Result<[Float], EmbeddingError>]
        /// From admission to the start of the first step that had one of its rows.
        let queueTime: Duration
        /// From there to the end of its last step.
        let computeTime: Duration
        /// What `queueTime` was expected to be.
        let predictedWait: Duration
        /// How many of the vectors were in the cache.
        let cachedInputs: Int
    }

    /// A request that is over, and what to tell its caller.
    struct Answer: Sendable {
        let request: Int
        let result: Result<Output, EmbeddingError>
    }

    /// Takes the vectors of the step that computed.
    ///
    /// - Parameter vectors: one for each row of the step; `nil` where a value is not finite.
    /// - Returns: the requests that are over by that.
    mutating func finish(_ vectors: [[Float]?], now: Instant) -> [Answer] {
        book(now)
        guard let finished = running.popLast() else { return [] }
        let work = Double(finished.step.work)
        rates[finished.step.model, default: RateEstimate()].record(work, during: finished.computed)
        counts.computedTokens += finished.step.tokens
        counts.computedRows += vectors.count
        var answers: [Answer] = []
        for (number, vector) in zip(finished.step.rows, vectors) {
            guard let row = rows[number] else { continue }
            forget(number)
            if let vector, row.isShared { cache.insert(vector, for: row.key) }
            if vector == nil { counts.failedRows += 1 }
            for input in row.inputs + takeTwin(of: row) {
                let result: Result<[Float], EmbeddingError> =
                    if let vector { .success(vector) } else { .failure(.notFinite(index: input.index)) }
                if let answer = deliver(result, to: input, now: now) { answers.append(answer) }
            }
        }
        return answers
    }

    /// Drops a request whose caller went away: what of it has not started never will.
    mutating func cancel(_ number: Int) -> Answer? {
        guard requests[number] != nil else { return nil }
        counts.cancelledRequests += 1
        return end(number, .failure(.cancelled))
    }

    /// Drops the requests whose deadline has passed.
    mutating func expire(now: Instant) -> [Answer] {
        guard let earliest = nextDeadline, now >= earliest else { return [] }
        let expired = requests.filter { $0.value.deadline.map { $0 <= now } ?? false }.keys.sorted()
        counts.expiredRequests += expired.count
        let answers = expired.compactMap { end($0, .failure(.deadlineExceeded)) }
        nextDeadline = requests.values.compactMap(\.deadline).min()
        return answers
    }

    /// Gives every request the same error: nothing can be computed any more.
    mutating func failAll(_ error: EmbeddingError) -> [Answer] {
        running = []
        return requests.keys.sorted().compactMap { end($0, .failure(error)) }
    }

    /// Takes the inputs of an interactive row that did not join this one, being bulk work, and has not started.
    private mutating func takeTwin(of row: Row) -> [Input] {
        guard row.isShared, let number = shared[row.key], let twin = rows[number],
            case .waiting(let priority) = twin.phase
        else { return [] }
        queues[priority]?.remove([number])
        forget(number)
        return twin.inputs
    }

    private mutating func deliver(
        _ result: Result<[Float], EmbeddingError>,
        to input: Input,
        now: Instant
    ) -> Answer? {
        // No copy of the request is held: with one, each result would copy all those before it.
        guard let priority = requests[input.request]?.priority else { return nil }
        if case .failure(let error) = result, requests[input.request]?.isPartial == false {
            return end(input.request, .failure(error))
        }
        requests[input.request]?.results[input.index] = result
        requests[input.request]?.missing -= 1
        pendingInputs[priority, default: 0] -= 1
        guard requests[input.request]?.missing == 0, let output = requests[input.request]?.output(now: now) else {
            return nil
        }
        return end(input.request, .success(output))
    }

    /// Takes a request out, and the rows that only it waited for unless they run already.
    private mutating func end(_ number: Int, _ result: Result<Output, EmbeddingError>) -> Answer? {
        guard let request = requests.removeValue(forKey: number) else { return nil }
        pendingInputs[request.priority, default: 0] -= request.missing
        var unwanted: Set<Int> = []
        for row in request.rows {
            rows[row]?.inputs.removeAll { $0.request == number }
            guard let left = rows[row], left.inputs.isEmpty, case .waiting = left.phase else { continue }
            unwanted.insert(row)
            forget(row)
        }
        for priority in Priority.allCases { queues[priority]?.remove(unwanted) }
        return Answer(request: number, result: result)
    }

    /// Takes a row out of the tables.
    mutating func forget(_ number: Int) {
        guard let row = rows.removeValue(forKey: number) else { return }
        if shared[row.key] == number { shared[row.key] = nil }
    }
}
