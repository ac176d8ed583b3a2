/// A backbone: token ids to pooled vectors.
protocol ForwardPass: Sendable {
    /// Runs one step.
    ///
    /// - Parameter isAbandoned: asked between layers; once it says yes, nobody wants the result any more.
    /// - Returns: one pooled vector per row, not normalised, or `nil` if the step was abandoned.
    func forward(_ step: PackedStep, in context: ComputeContext, isAbandoned: () -> Bool) -> [[Float]]?

    /// The number of weights.
    var parameterCount: Int { get }

    /// The floating-point operations of a step.
    var cost: ForwardCost { get }

    /// The widest linear layer of each block, the first of its feed-forward network.
    var widestLayers: [any LinearLayer] { get }
}
