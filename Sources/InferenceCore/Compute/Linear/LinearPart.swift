/// One adapter's update of one linear layer, scale · B (A x).
///
/// LoRA: Hu and others, 2021.
struct LowRankUpdate: Sendable {
    /// A, `[rank, inputs]`.
    let down: Tensor
    /// B, `[outputs, rank]`.
    let up: Tensor
    /// α/r.
    let scale: Float

    /// r.
    var rank: Int { down.shape[0] }
}

/// The weights of one linear layer as the checkpoint has them.
struct LinearPart: Sendable {
    /// W, `[outputs, inputs]`.
    let weight: Tensor
    /// b, `[outputs]`.
    var bias: Tensor?
    /// The update of each adapter, in the order that the backbone counts adapters; `nil` where an adapter leaves this
    /// layer alone.
    var updates: [LowRankUpdate?] = []

    var outputs: Int { weight.shape[0] }
    var inputs: Int { weight.shape[1] }
}

/// Rows of a step that belong to one adapter, `nil` to none.
struct AdapterSegment: Sendable, Equatable {
    var rows: Range<Int>
    var adapter: Int?
}
