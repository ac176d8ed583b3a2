import CKernels

/// A of one adapter for layers side by side, scaled: what a low-rank update does with the input.
struct LowRankInputs: Sendable {
    private let parts: [PackedWeights?]
    private let scales: [Float]
    /// Where each part's rank begins in a reduced row, and behind the last the row's width.
    private let offsets: [Int]

    /// Values of a reduced row.
    var width: Int { offsets[offsets.count - 1] }

    /// Packs A of every part that the adapter touches; `nil` where it touches none.
    init?(_ updates: [LowRankUpdate?], in memory: WeightMemory) {
        guard updates.contains(where: { $0 != nil }) else { return nil }
        parts = updates.map { $0.map { PackedWeights($0.down, keepBFloat16: true, in: memory) } }
        scales = updates.map { $0?.scale ?? 1 }
        offsets = Self.offsets(updates)
    }

    /// Where each part's rank begins in a reduced row.
    static func offsets(_ updates: [LowRankUpdate?]) -> [Int] {
        updates.reduce(into: [0]) { $0.append(($0.last ?? 0) + ($1?.rank ?? 0)) }
    }

    /// Computes scale · A x of one part, into its place in the reduced rows.
    ///
    /// - Parameter count: at most as many rows as a tile may have.
    func apply(_ part: Int, _ rows: Rows, count: Int, to reduced: Rows) {
        guard let weights = parts[part] else { return }
        let target = reduced.column(offsets[part])
        for panel in 0..<weights.panelCount {
            let columns = weights.columns(panel)
            var tile = ckernels_tile()
            (tile.rows, tile.columns, tile.k) = (count, columns.count, weights.inputs)
            (tile.a, tile.lda, tile.b) = (UnsafePointer(rows.base), rows.stride, weights.panel(panel))
            (tile.c, tile.ldc) = (target.base + columns.lowerBound, target.stride)
            (tile.ahead, tile.ahead_step) = PanelTurn.only.ahead(
                of: weights.panel(panel),
                bytes: weights.panelBytes,
                steps: weights.inputs
            )
            weights.multiply(&tile)
        }
        for row in 0..<count { Kernels.best.scale(target[row], scales[part], weights.outputs) }
    }
}
