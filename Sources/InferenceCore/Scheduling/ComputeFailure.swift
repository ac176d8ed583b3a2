/// Why the compute worker cannot go on.
struct ComputeFailure: Error, Equatable {
    /// What happened, for the log.
    let reason: String
}
