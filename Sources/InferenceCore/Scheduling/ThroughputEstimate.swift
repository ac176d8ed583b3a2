/// How many tokens a second the compute worker gets through, from the steps it has run.
///
/// An exponential mean over steps weighted by their length in time, so that a burst of short steps does not outweigh
/// a long one.
struct ThroughputEstimate {
    /// Seconds of computing after which an observation has lost about 63 % of its weight.
    private static let memory = 10.0

    private var tokens = 0.0
    private var seconds = 0.0

    /// Takes note of a step.
    mutating func record(tokens count: Int, duration: Duration) {
        let elapsed = duration / .seconds(1)
        let kept = max(0, 1 - elapsed / Self.memory)
        tokens = tokens * kept + Double(count)
        seconds = seconds * kept + elapsed
    }

    /// How long `count` tokens will take; `nil` before the first step.
    func duration(tokens count: Int) -> Duration? {
        guard tokens > 0, seconds > 0 else { return nil }
        return .seconds(Double(count) * seconds / tokens)
    }
}
