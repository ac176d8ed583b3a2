/// A backbone: token ids to vectors.
protocol ForwardPass: Sendable {
    /// Runs one step.
    ///
    /// - Parameter yield: called at every yield point: between layers, chunks of tokens, and blocks of attention, some
    ///   tens of milliseconds apart. It may take its time, for other steps run in there with a context of their own. Once
    ///   it says no, nobody wants the result any more.
    /// - Returns: the output of each row, not normalised, or `nil` if the step was abandoned.
    func forward(_ step: PackedStep, in context: ComputeContext, yield: () -> Bool) -> [[Float]]?

    /// The number of weights.
    var parameterCount: Int { get }

    /// The floating-point operations of a step.
    var cost: ForwardCost { get }

    /// The widest linear layer of each block, the first of its feed-forward network.
    var widestLayers: [any LinearLayer] { get }
}
