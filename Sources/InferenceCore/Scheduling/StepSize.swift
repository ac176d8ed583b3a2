/// How many tokens a step may have, so that steps last about as long on every machine.
///
/// Short steps keep callers' turns short and drop unwanted rows soon; but a step has to be large enough for the matrix
/// products to run at full speed.
struct StepSize {
    /// How long a step should take.
    static let duration = Duration.milliseconds(75)
    /// Below this many tokens the products are bound by reading the weights.
    static let least = 64
    /// The size before the first step was timed.
    static let initial = 128

    /// The most tokens, whatever the machine.
    let limit: Int

    /// Tokens of a step on a model that computes this many tokens a second; `nil`: not known yet.
    func tokens(perSecond rate: Double?) -> Int {
        let wanted = rate.map { Int($0 * (Self.duration / .seconds(1))) } ?? Self.initial
        return min(max(wanted, Self.least), limit)
    }
}
