/// How much work a step may be, so that steps last about as long on every machine.
///
/// In tokens of short rows, as `RowKey.work` is.
///
/// Short steps keep callers' turns short and drop unwanted rows soon; but a step has to be large enough for the matrix
/// products to run at full speed.
struct StepSize {
    /// With fewer tokens the products are bound by reading the weights.
    static let least = 64
    /// The size before the first step was timed.
    static let initial = 128

    /// The most, whatever the machine.
    let limit: Int

    /// How long a step of a class should take.
    ///
    /// Nothing preempts an interactive step, so it has to be short. Bulk work runs faster in larger ones.
    private static func duration(_ priority: Priority) -> Duration {
        switch priority {
        case .interactive: .milliseconds(75)
        case .bulk: .milliseconds(300)
        }
    }

    /// The work of a step on a model that does this much in a second; `nil`: not known yet.
    func work(of priority: Priority, perSecond rate: Double?) -> Int {
        let wanted = rate.map { Int($0 * (Self.duration(priority) / .seconds(1))) } ?? Self.initial
        return min(max(wanted, Self.least), limit)
    }
}
