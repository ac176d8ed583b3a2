/// One adapter's update of one linear layer: scale · B (A x), with A `[rank, inputs]` and B `[outputs, rank]`.
struct LowRankUpdate: Sendable {
    /// A.
    let down: LinearLayer
    /// B.
    let up: LinearLayer
    /// α/r.
    let scale: Float
}

/// A linear layer whose rows may belong to different adapters.
///
/// The base weights are shared and never merged; each segment of rows adds its own adapter's update.
struct AdaptedLinear: Sendable {
    /// Rows of a step that belong to one adapter, `nil` to none.
    struct Segment: Sendable, Equatable {
        var rows: Range<Int>
        var adapter: Int?
    }

    /// W.
    let base: LinearLayer
    /// The update of each adapter; `nil` where the adapter leaves this layer alone.
    let updates: [LowRankUpdate?]

    /// Computes rows through base weights and updates.
    ///
    /// - Parameters:
    ///   - segments: the rows by adapter; together all rows.
    ///   - adding: whether the result is added to what the output holds (a residual) or replaces it.
    func apply(
        _ input: Rows,
        segments: [Segment],
        to output: Rows,
        adding: Bool = false,
        in context: ComputeContext
    ) {
        guard let end = segments.last?.rows.upperBound, let begin = segments.first?.rows.lowerBound else { return }
        base.apply(
            input.from(begin),
            rows: end - begin,
            to: output.from(begin),
            adding ? .add(scaledBy: 1) : .replace,
            in: context
        )
        for segment in segments {
            guard let adapter = segment.adapter, let update = updates[adapter] else { continue }
            let count = segment.rows.count
            let rank = update.down.outputs
            let reduced = Rows(base: context.lowRank.reserve(count * rank), stride: rank)
            update.down.apply(input.from(segment.rows.lowerBound), rows: count, to: reduced, in: context)
            update.up.apply(
                reduced,
                rows: count,
                to: output.from(segment.rows.lowerBound),
                .add(scaledBy: update.scale),
                in: context
            )
        }
    }
}
