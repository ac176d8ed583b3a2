/// A token bucket: what may be used in a minute, refilled steadily, all of it usable at once.
///
/// The clock is the caller's, so that tests need not wait.
struct TokenBucket: Sendable, Equatable {
    /// What the bucket holds when full, and what flows in during a minute.
    let perMinute: Int
    private var level: Double
    private var updated: ContinuousClock.Instant

    /// A full bucket.
    init(perMinute: Int, now: ContinuousClock.Instant) {
        self.perMinute = perMinute
        level = Double(perMinute)
        updated = now
    }

    /// Takes `amount`, or says how long to wait until it could be taken.
    ///
    /// More than a full bucket holds is given once the bucket is full, and leaves a debt: else it could never be had.
    mutating func take(_ amount: Int, now: ContinuousClock.Instant) -> Duration? {
        refill(now)
        let missing = Double(min(amount, perMinute)) - level
        guard missing <= 0 else { return duration(missing) }
        level -= Double(amount)
        return nil
    }

    /// Puts back what was taken and not used; a negative amount takes more, if need be into debt.
    mutating func giveBack(_ amount: Int, now: ContinuousClock.Instant) {
        refill(now)
        level = min(Double(perMinute), level + Double(amount))
    }

    /// What could be taken now.
    mutating func remaining(now: ContinuousClock.Instant) -> Int {
        refill(now)
        return max(0, Int(level))
    }

    /// How long until the bucket is full.
    mutating func timeToFull(now: ContinuousClock.Instant) -> Duration {
        refill(now)
        return duration(Double(perMinute) - level)
    }

    private func duration(_ amount: Double) -> Duration { .seconds(amount * 60 / Double(perMinute)) }

    private mutating func refill(_ now: ContinuousClock.Instant) {
        let elapsed = (now - updated) / .seconds(1)
        guard elapsed > 0 else { return }
        level = min(Double(perMinute), level + elapsed * Double(perMinute) / 60)
        updated = now
    }
}
