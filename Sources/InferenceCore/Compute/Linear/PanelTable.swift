import CKernels

/// The panels of linear layers side by side, with those of every adapter's B, as the loop over tiles wants them.
///
/// That loop takes a turn every few microseconds on every thread. Plain pointers keep it from counting references.
struct PanelTable: Sendable {
    private struct Panel {
        let part: Int
        let columns: Range<Int>
        let isBFloat16: Bool
        let weights: UnsafeRawPointer
        let bytes: Int
    }

    /// B's panel of one adapter; rank 0 where the adapter leaves the layer alone.
    private struct Update {
        var rank = 0
        /// Where the part's rank begins in a reduced row.
        var offset = 0
        var weights: UnsafeRawPointer?
    }

    // SAFETY: what they point to belongs to `owners`, which live as long and are never written.
    private nonisolated(unsafe) let panels: [Panel]
    /// By adapter, then by panel.
    private nonisolated(unsafe) let updates: [Update]
    private let owners: [PackedWeights]
    /// Where each part's panels begin, and behind the last their number; the same for columns.
    private let firstPanels: [Int]
    private let firstColumns: [Int]
    private let inputs: Int

    /// Packs all weights.
    init(_ parts: [LinearPart], in memory: WeightMemory) {
        var panels: [Panel] = [], owners: [PackedWeights] = []
        var (firstPanels, firstColumns) = ([0], [0])
        let adapters = parts[0].updates.count
        var updates: [[Update]] = Array(repeating: [], count: adapters)
        for (index, part) in parts.enumerated() {
            let own = part.updates.compactMap(\.self)
            // Both sums of a tile read the same type.
            let keep = ([part.weight] + own.flatMap { [$0.down, $0.up] }).allSatisfy { $0.type == .bfloat16 }
            let weights = PackedWeights(part.weight, keepBFloat16: keep, in: memory)
            owners.append(weights)
            let column = firstColumns[index]
            for panel in 0..<weights.panelCount {
                let columns = weights.columns(panel)
                panels.append(
                    Panel(
                        part: index,
                        columns: column + columns.lowerBound..<column + columns.upperBound,
                        isBFloat16: weights.isBFloat16,
                        weights: weights.panel(panel),
                        bytes: weights.panelBytes
                    )
                )
            }
            for adapter in 0..<adapters {
                guard let update = part.updates[adapter] else {
                    updates[adapter] += Array(repeating: Update(), count: weights.panelCount)
                    continue
                }
                let up = PackedWeights(update.up, keepBFloat16: keep, in: memory)
                owners.append(up)
                let offset = LowRankInputs.offsets(parts.map { $0.updates[adapter] })[index]
                updates[adapter] += (0..<weights.panelCount).map {
                    Update(rank: update.rank, offset: offset, weights: up.panel($0))
                }
            }
            firstPanels.append(panels.count)
            firstColumns.append(column + part.outputs)
        }
        self.panels = panels
        self.updates = Array(updates.joined())
        self.owners = owners
        self.firstPanels = firstPanels
        self.firstColumns = firstColumns
        inputs = parts[0].inputs
    }

    /// The panels of some parts.
    func range(of parts: Range<Int>) -> Range<Int> { firstPanels[parts.lowerBound]..<firstPanels[parts.upperBound] }

    /// The output column where a part begins.
    func firstColumn(of part: Int) -> Int { firstColumns[part] }

    /// The part that a panel belongs to.
    func part(of panel: Int) -> Int { panels[panel].part }

    /// The output columns that a panel gives.
    func columns(_ panel: Int) -> Range<Int> { panels[panel].columns }

    /// The product of some rows and a panel; all but the output.
    func tile(
        _ panel: Int,
        _ turn: PanelTurn,
        _ input: LinearInput,
        rows: Range<Int>,
        adapter: Int?
    ) -> ckernels_tile {
        let own = panels[panel]
        var tile = ckernels_tile()
        (tile.rows, tile.columns, tile.k) = (rows.count, own.columns.count, inputs)
        (tile.a, tile.lda, tile.b) = (UnsafePointer(input.rows[rows.lowerBound]), input.rows.stride, own.weights)
        (tile.ahead, tile.ahead_step) = turn.ahead(of: own.weights, bytes: own.bytes, steps: inputs)
        if let adapter {
            let update = updates[adapter * panels.count + panel]
            (tile.k2, tile.b2) = (update.rank, update.weights)
            tile.a2 = UnsafePointer(input.reduced[rows.lowerBound] + update.offset)
            tile.lda2 = input.reduced.stride
        }
        return tile
    }

    /// Computes a tile.
    func run(_ tile: inout ckernels_tile, _ panel: Int) {
        if panels[panel].isBFloat16 { Kernels.best.tile_bf16(&tile) } else { Kernels.best.tile_f32(&tile) }
    }
}
