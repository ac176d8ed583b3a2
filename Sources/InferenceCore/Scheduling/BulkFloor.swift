/// Keeps bulk work alive under an endless interactive load: it gets at least a quarter of the time while it waits.
///
/// Interactive work that runs while bulk work waits leaves a debt of a third of its time. When the debt is large enough
/// bulk work goes first, and is not preempted, until it is paid.
struct BulkFloor {
    /// The debt at which bulk work goes first: how long an interactive row may have to wait for it.
    static let largestDebt = Duration.milliseconds(250)
    /// Interactive time that may run for one unit of bulk time.
    static let interactivePerBulk = 3

    /// The least part of the time that bulk work gets while it waits.
    static let share = 1 / Double(1 + interactivePerBulk)

    /// Time that bulk work is owed.
    private(set) var debt = Duration.zero
    /// Whether bulk work goes first now.
    private(set) var isDue = false

    /// Takes note of interactive work that ran while bulk work waited.
    mutating func recordInteractive(_ duration: Duration) {
        debt += duration / Self.interactivePerBulk
        if debt >= Self.largestDebt { isDue = true }
    }

    /// Takes note of bulk work that ran.
    ///
    /// It earns no credit: an interactive burst after a quiet hour is no longer than any other.
    mutating func recordBulk(_ duration: Duration) {
        debt = max(.zero, debt - duration)
        if debt == .zero { isDue = false }
    }

    /// Forgets the debt when no bulk work is left.
    mutating func clear() {
        self = BulkFloor()
    }
}
