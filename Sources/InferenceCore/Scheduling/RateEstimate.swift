/// How much of something happens a second, from what has been seen lately: work done, time given to bulk work.
///
/// An exponential mean over observations weighted by their length in time, so that a burst of short ones does not
/// outweigh a long one.
struct RateEstimate {
    /// Seconds of observation after which an earlier one has lost about 63 % of its weight.
    private static let memory = 10.0

    private var amount = 0.0
    private var seconds = 0.0

    /// Takes note of an amount that took `duration`.
    mutating func record(_ observed: Double, during duration: Duration) {
        let elapsed = duration / .seconds(1)
        let kept = max(0, 1 - elapsed / Self.memory)
        amount = amount * kept + observed
        seconds = seconds * kept + elapsed
    }

    /// The amount a second; `nil` before anything was seen.
    var perSecond: Double? {
        amount > 0 && seconds > 0 ? amount / seconds : nil
    }
}
