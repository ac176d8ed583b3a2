import CKernels

/// Linear layers over packed weights, with the low-rank updates in the same tiles.
///
/// A tile sums W's products and then the update's in the same registers, so an adapter costs what its operations cost.
/// Every element is summed in one accumulator in an order that depends on the layer alone: a row's result is the same
/// bits whatever rows are beside it and however many threads there are.
struct PackedLinear: LinearLayer {
    /// One of the layers side by side.
    private struct Part {
        let weights: PackedWeights
        /// Where its outputs begin.
        let column: Int
        /// B of each adapter.
        let up: [PackedWeights?]
        let bias: [Float]?
    }

    /// A of one adapter, for all parts on top of each other: `[sum of ranks, inputs]`.
    private struct Down {
        let parts: [PackedWeights?]
        let scales: [Float]
        /// Where each part's rank begins in a reduced row, and behind the last the row's width.
        let offsets: [Int]

        var width: Int { offsets[offsets.count - 1] }
    }

    /// Up to `blockRows` rows of one adapter.
    private struct Block {
        let rows: Range<Int>
        let adapter: Int?
    }

    /// Which of the blocks that a panel meets one after the other is at work.
    private struct Turn {
        let index: Int
        let count: Int

        static let only = Turn(index: 0, count: 1)
    }

    let outputs: Int
    private let inputs: Int
    private let parts: [Part]
    private let down: [Down?]
    private let widest: Int

    private static let blockRows = Kernels.best.block_rows
    /// Packed rows of one piece of work: they stay in the L2 cache while panels go by.
    private static let cachedInputBytes = 384 * 1024
    /// Pieces of work for each thread, so that one that is held up does not delay the rest by much.
    private static let piecesPerThread = 8

    init(_ parts: [LinearPart]) {
        precondition(Set(parts.map(\.inputs)).count == 1, "layers side by side have one input")
        inputs = parts[0].inputs
        var column = 0
        var packed: [Part] = []
        for part in parts {
            let updates = part.updates.compactMap(\.self)
            // Both sums of a tile read the same type.
            let keep = ([part.weight] + updates.flatMap { [$0.down, $0.up] }).allSatisfy { $0.type == .bfloat16 }
            packed.append(
                Part(
                    weights: PackedWeights(part.weight, keepBFloat16: keep),
                    column: column,
                    up: part.updates.map { $0.map { PackedWeights($0.up, keepBFloat16: keep) } },
                    bias: part.bias?.widened()
                )
            )
            column += part.outputs
        }
        self.parts = packed
        outputs = column
        down = (parts[0].updates.indices).map { adapter in Self.down(parts, adapter) }
        widest = down.compactMap { $0?.width }.max() ?? 0
    }

    private static func down(_ parts: [LinearPart], _ adapter: Int) -> Down? {
        let updates = parts.map { $0.updates[adapter] }
        guard updates.contains(where: { $0 != nil }) else { return nil }
        var offsets = [0]
        for update in updates { offsets.append(offsets[offsets.count - 1] + (update?.rank ?? 0)) }
        return Down(
            parts: updates.map { $0.map { PackedWeights($0.down, keepBFloat16: true) } },
            scales: updates.map { $0?.scale ?? 1 },
            offsets: offsets
        )
    }

    func apply(
        _ input: Rows,
        segments: [AdapterSegment],
        to output: Rows,
        _ epilogue: Epilogue,
        in context: ComputeContext
    ) {
        let blocks = segments.flatMap(Self.blocks)
        let blockFloats = Self.blockRows * (inputs + widest)
        let packed = context.packedRows.reserve(blocks.count * blockFloats)  // per block: rows, then reduced rows
        context.pool.run(blocks.count) { index, slot in
            pack(blocks[index], input, to: packed + index * blockFloats, scratch: context.scratch(slot))
        }

        // Pieces of work: some panels for some blocks.
        let panels = parts.enumerated().flatMap { part, layer in (0..<layer.weights.panelCount).map { (part, $0) } }
        let blocksPerPiece = max(1, Self.cachedInputBytes / (blockFloats * MemoryLayout<Float>.size))
        let blockGroups = (blocks.count + blocksPerPiece - 1) / blocksPerPiece
        let wanted = max(1, context.pool.threadCount * Self.piecesPerThread / max(1, blockGroups))
        let panelGroups = min(panels.count, max(wanted, panels.count / 8))
        context.pool.run(blockGroups * panelGroups) { index, _ in
            let (blockGroup, panelGroup) = index.quotientAndRemainder(dividingBy: panelGroups)
            let ownPanels = panels.count * panelGroup / panelGroups..<panels.count * (panelGroup + 1) / panelGroups
            let ownBlocks = blockGroup * blocksPerPiece..<min((blockGroup + 1) * blocksPerPiece, blocks.count)
            for (part, panel) in panels[ownPanels] {
                for block in ownBlocks {
                    let turn = Turn(index: block - ownBlocks.lowerBound, count: ownBlocks.count)
                    multiply(blocks[block], packed + block * blockFloats, part: part, panel: panel, turn, output, epilogue)
                }
            }
        }
    }

    /// Cuts a segment into blocks of nearly equal height: a full block and a single row would take much longer than two
    /// halves.
    private static func blocks(of segment: AdapterSegment) -> [Block] {
        let count = (segment.rows.count + blockRows - 1) / blockRows
        let begin = segment.rows.lowerBound
        return (0..<count).map { index in
            let rows = segment.rows.count * index / count..<segment.rows.count * (index + 1) / count
            return Block(rows: begin + rows.lowerBound..<begin + rows.upperBound, adapter: segment.adapter)
        }
    }

    /// Packs the rows of a block and, behind them, the rows times A of its adapter, scaled.
    private func pack(_ block: Block, _ input: Rows, to packed: UnsafeMutablePointer<Float>, scratch: FloatBuffer) {
        let kernels = Kernels.best
        kernels.pack_rows(input[block.rows.lowerBound], input.stride, block.rows.count, inputs, packed)
        guard let adapter = block.adapter, let down = down[adapter] else { return }
        let width = down.width
        let reduced = Rows(base: scratch.reserve(block.rows.count * width), stride: width)
        for (part, weights) in down.parts.enumerated() {
            guard let weights else { continue }
            let target = reduced.column(down.offsets[part])
            for panel in 0..<weights.panelCount {
                tile(block.rows.count, packed, weights, panel: panel, .only, nil, nil, target, accumulate: false)
            }
            for row in 0..<block.rows.count { kernels.scale(target[row], down.scales[part], weights.outputs) }
        }
        kernels.pack_rows(reduced.base, width, block.rows.count, width, packed + Self.blockRows * inputs)
    }

    private func multiply(
        _ block: Block,
        _ packed: UnsafePointer<Float>,
        part: Int,
        panel: Int,
        _ turn: Turn,
        _ output: Rows,
        _ epilogue: Epilogue
    ) {
        let layer = parts[part]
        let target = output.from(block.rows.lowerBound).column(layer.column)
        var accumulate = false
        if case .add = epilogue { accumulate = true }
        let update = block.adapter.flatMap { layer.up[$0] }
        let reduced = block.adapter.flatMap { down[$0] }.map {
            packed + Self.blockRows * (inputs + $0.offsets[part])
        }
        tile(
            block.rows.count,
            packed,
            layer.weights,
            panel: panel,
            turn,
            reduced,
            update,
            target,
            accumulate: accumulate
        )
        finish(block.rows.count, layer, layer.weights.columns(panel), target, epilogue)
    }

    private func tile(
        _ rows: Int,
        _ packed: UnsafePointer<Float>,
        _ weights: PackedWeights,
        panel: Int,
        _ turn: Turn,
        _ reduced: UnsafePointer<Float>?,
        _ update: PackedWeights?,
        _ output: Rows,
        accumulate: Bool
    ) {
        let columns = weights.columns(panel)
        let (ahead, step) = weights.ahead(of: panel, turn: turn.index, of: turn.count)
        var tile = ckernels_tile(
            rows: rows,
            columns: columns.count,
            k: inputs,
            a: packed,
            b: weights.panel(panel),
            k2: update?.inputs ?? 0,
            a2: reduced,
            b2: update?.panel(panel),
            c: output.base + columns.lowerBound,
            ldc: output.stride,
            accumulate: accumulate ? 1 : 0,
            ahead: ahead,
            ahead_step: step
        )
        if weights.isBFloat16 { Kernels.best.tile_bf16(&tile) } else { Kernels.best.tile_f32(&tile) }
    }

    /// Adds the bias and applies the activation while the tile is in the cache.
    private func finish(_ rows: Int, _ part: Part, _ columns: Range<Int>, _ output: Rows, _ epilogue: Epilogue) {
        guard let bias = part.bias else { return }
        let tile = output.base + columns.lowerBound
        bias.withUnsafeBufferPointer { bias in
            guard let base = bias.baseAddress else { return }
            switch epilogue {
            case .replace:
                Kernels.best.add_bias(tile, output.stride, base + columns.lowerBound, rows, columns.count)
            case .replaceWithGELU:
                Kernels.best.bias_gelu(tile, output.stride, base + columns.lowerBound, rows, columns.count)
            case .add:
                preconditionFailure("a layer whose product is added has no bias")
            }
        }
    }
}
