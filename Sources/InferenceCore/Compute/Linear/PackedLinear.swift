import CKernels

/// Linear layers over packed weights, with the low-rank updates in the same tiles.
///
/// A tile sums W's products and then the update's in the same registers, so an adapter costs what its operations cost.
/// Every element is summed in one accumulator in an order that depends on the layer alone: a row's result is the same
/// bits whatever rows are beside it and however many threads there are.
struct PackedLinear: LinearLayer {
    /// Up to `blockRows` rows of one adapter.
    private struct Block {
        let rows: Range<Int>
        let adapter: Int?
    }

    let outputs: [Int]
    private let inputs: Int
    private let table: PanelTable
    private let biases: [[Float]?]
    private let down: [LowRankInputs?]
    /// Of the widest adapter's reduced rows.
    private let reducedWidth: Int

    private static let blockRows = Kernels.best.block_rows
    private static let panelColumns = Kernels.best.panel_columns
    /// From so many rows on a tile keeps the multipliers busy.
    private static let busyRows = 5
    /// Rows of one piece of work: they stay in the L2 cache while panels go by.
    private static let cachedInputBytes = 384 * 1024

    /// Packs the weights.
    init(_ parts: [LinearPart], in memory: WeightMemory) {
        precondition(Set(parts.map(\.inputs)).count == 1, "layers side by side have one input")
        inputs = parts[0].inputs
        outputs = parts.map(\.outputs)
        table = PanelTable(parts, in: memory)
        biases = parts.map { $0.bias?.widened() }
        down = parts[0].updates.indices.map { adapter in
            LowRankInputs(parts.map { $0.updates[adapter] }, in: memory)
        }
        reducedWidth = down.compactMap { $0?.width }.max() ?? 0
    }

    func apply(
        _ input: Rows,
        norm: RMSNorm?,
        parts: Range<Int>,
        segments: [AdapterSegment],
        to output: Rows,
        _ epilogue: Epilogue,
        in context: ComputeContext
    ) {
        guard let end = segments.last?.rows.upperBound else { return }
        let prepared = prepare(input, norm, parts, segments, end, in: context)

        // What a thread takes at a time: some panels for some blocks.
        let blocks = segments.flatMap { Self.blocks(of: $0) }
        let panels = table.range(of: gated(parts, epilogue))
        let wanted = max(1, Self.cachedInputBytes / (Self.blockRows * inputs * MemoryLayout<Float>.size))
        let groups = (blocks.count + wanted - 1) / wanted
        let pieces = Self.pieces(of: panels.count, threads: context.pool.threadCount)
        let target = output.column(-table.firstColumn(of: parts.lowerBound))
        context.pool.run(groups * (pieces.count - 1)) { index, slot in
            let (group, piece) = index.quotientAndRemainder(dividingBy: pieces.count - 1)
            let own = blocks.count * group / groups..<blocks.count * (group + 1) / groups
            let halves = context.scratch(slot).reserve(2 * Self.blockRows * Self.panelColumns)
            let ownPanels = panels.lowerBound + pieces[piece]..<panels.lowerBound + pieces[piece + 1]
            for panel in ownPanels {
                for index in own {
                    let turn = PanelTurn(
                        index: index - own.lowerBound,
                        count: own.count,
                        isFirst: panel == ownPanels.lowerBound,
                        isLast: panel == ownPanels.upperBound - 1
                    )
                    if case .replaceWithSwiGLU = epilogue {
                        gate(blocks[index], prepared, panel, turn, target, halves)
                    } else {
                        multiply(blocks[index], prepared, panel, turn, target, epilogue)
                    }
                }
            }
        }
    }

    /// Normalises the rows, and multiplies them by A of their adapters.
    private func prepare(
        _ input: Rows,
        _ norm: RMSNorm?,
        _ parts: Range<Int>,
        _ segments: [AdapterSegment],
        _ end: Int,
        in context: ComputeContext
    ) -> LinearInput {
        let isUpdated = segments.contains { $0.adapter.flatMap { down[$0] } != nil }
        let rows = norm == nil ? input : context.normed.rows(end, width: inputs)
        let reduced = context.reduced.rows(isUpdated ? end : 0, width: reducedWidth)
        let prepared = LinearInput(rows: rows, reduced: reduced)
        guard norm != nil || isUpdated else { return prepared }
        // Few rows are shared out too, as long as tiles stay busy.
        let blocks = segments.flatMap { segment in
            let busy = min(context.pool.threadCount, segment.rows.count / Self.busyRows)
            return Self.blocks(of: segment, atLeast: busy)
        }
        context.pool.run(blocks.count) { index, _ in
            let block = blocks[index]
            let own = rows.from(block.rows.lowerBound)
            norm?.apply(input.from(block.rows.lowerBound), rows: block.rows.count, to: own)
            guard let update = block.adapter.flatMap({ down[$0] }) else { return }
            let target = reduced.from(block.rows.lowerBound)
            for part in parts { update.apply(part, own, count: block.rows.count, to: target) }
        }
        return prepared
    }

    /// Cuts a segment into blocks of nearly equal height: a full block and a single row would take much longer than two
    /// halves.
    private static func blocks(of segment: AdapterSegment, atLeast least: Int = 0) -> [Block] {
        let rows = segment.rows.count
        let count = max(least, (rows + blockRows - 1) / blockRows)
        return (0..<count).map { index in
            let begin = segment.rows.lowerBound + rows * index / count
            let end = segment.rows.lowerBound + rows * (index + 1) / count
            return Block(rows: begin..<end, adapter: segment.adapter)
        }
    }

    /// Where pieces of work begin among `count` panels, and behind them the end: large ones first, for the sake of
    /// weights that follow each other in memory, and smaller and smaller ones, so that all threads end together.
    private static func pieces(of count: Int, threads: Int) -> [Int] {
        var begins = [0]
        var begin = 0
        while begin < count {
            begin += max(1, (count - begin) / (2 * threads))
            begins.append(begin)
        }
        return begins
    }

    /// Of a gate and its values, the gate: its panels lead.
    private func gated(_ parts: Range<Int>, _ epilogue: Epilogue) -> Range<Int> {
        guard case .replaceWithSwiGLU = epilogue else { return parts }
        precondition(parts == 0..<2 && outputs[0] == outputs[1], "SwiGLU takes two parts of one width")
        return 0..<1
    }

    /// One panel's columns of one block's rows.
    private func multiply(
        _ block: Block,
        _ input: LinearInput,
        _ panel: Int,
        _ turn: PanelTurn,
        _ output: Rows,
        _ epilogue: Epilogue
    ) {
        var tile = table.tile(panel, turn, input, rows: block.rows, adapter: block.adapter)
        let columns = table.columns(panel)
        let target = output.from(block.rows.lowerBound).column(columns.lowerBound)
        (tile.c, tile.ldc) = (target.base, target.stride)
        if case .add = epilogue { tile.accumulate = 1 }
        table.run(&tile, panel)
        guard let bias = biases[table.part(of: panel)] else { return }
        let first = columns.lowerBound - table.firstColumn(of: table.part(of: panel))
        bias.withUnsafeBufferPointer { bias in
            guard let base = bias.baseAddress else { return }
            switch epilogue {
            case .replace:
                Kernels.best.add_bias(target.base, target.stride, base + first, block.rows.count, columns.count)
            case .replaceWithGELU:
                Kernels.best.bias_gelu(target.base, target.stride, base + first, block.rows.count, columns.count)
            case .add, .replaceWithSwiGLU:
                preconditionFailure("this epilogue is for layers without bias")
            }
        }
    }

    /// One panel of a gate and the same of its values, neither of which is written out.
    private func gate(
        _ block: Block,
        _ input: LinearInput,
        _ panel: Int,
        _ turn: PanelTurn,
        _ output: Rows,
        _ halves: UnsafeMutablePointer<Float>
    ) {
        let width = Self.panelColumns
        for half in 0..<2 {
            let own = panel + half * table.range(of: 0..<1).count
            var tile = table.tile(own, turn, input, rows: block.rows, adapter: block.adapter)
            (tile.c, tile.ldc) = (halves + half * Self.blockRows * width, width)
            table.run(&tile, own)
        }
        let columns = table.columns(panel)
        let target = output.from(block.rows.lowerBound).column(columns.lowerBound)
        let values = halves + Self.blockRows * width
        Kernels.best.swiglu(halves, values, width, target.base, target.stride, block.rows.count, columns.count)
    }
}
