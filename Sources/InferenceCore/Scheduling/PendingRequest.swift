/// A request that has been admitted and not answered.
struct PendingRequest {
    let priority: Priority
    let isPartial: Bool
    let deadline: ContinuousClock.Instant?
    let admitted: ContinuousClock.Instant
    let predictedWait: Duration
    let cachedInputs: Int
    /// When the first row that it waits for began to run.
    var started: ContinuousClock.Instant?
    /// What became of each input.
    var results: [Result<[Float], EmbeddingError>?]
    /// Inputs without a result.
    var missing: Int
    /// The rows it waits for.
    var rows: Set<Int> = []

    /// What the caller gets once nothing is missing.
    func output(now: ContinuousClock.Instant) -> SchedulingPolicy.Output {
        SchedulingPolicy.Output(
            results: results.compactMap(\.self),
            queueTime: (started ?? admitted) - admitted,
            computeTime: started.map { now - $0 } ?? .zero,
            predictedWait: predictedWait,
            cachedInputs: cachedInputs
        )
    }
}
