import CKernels

/// Linear layers by OpenBLAS, with their weights where the checkpoint has them.
///
/// The reference back end: no packed copy, products by a library that others trust. Float32 weights are multiplied
/// where they lie in the mapped file, other types are widened tile by tile. OpenBLAS chooses its blocking by the
/// size of the product, so results differ in the last digits with the batch.
struct BLASLinear: LinearLayer {
    let outputs: [Int]
    private let parts: [LinearPart]
    private let library: OpenBLAS
    private let biases: [[Float]?]

    /// Output columns of one piece of work, and widened at a time.
    private static let tileColumns = 128
    /// A thread is given at least this many rows: fewer do not pay for packing the weights again.
    private static let leastRows = 64

    init(_ parts: [LinearPart], by library: OpenBLAS) {
        self.parts = parts
        self.library = library
        outputs = parts.map(\.outputs)
        biases = parts.map { $0.bias?.widened() }
    }

    func apply(
        _ input: Rows,
        norm: RMSNorm?,
        parts range: Range<Int>,
        segments: [AdapterSegment],
        to output: Rows,
        _ epilogue: Epilogue,
        in context: ComputeContext
    ) {
        guard let begin = segments.first?.rows.lowerBound, let end = segments.last?.rows.upperBound else { return }
        if let norm {
            let normed = context.normed.rows(end, width: norm.weight.count)
            context.pool.forRows(end) { part, _ in
                norm.apply(input.from(part.lowerBound), rows: part.count, to: normed.from(part.lowerBound))
            }
            return apply(normed, norm: nil, parts: range, segments: segments, to: output, epilogue, in: context)
        }
        if case .replaceWithSwiGLU = epilogue {
            let width = outputs[0]
            let halves = context.gateAndUp.rows(end, width: 2 * width)
            apply(input, norm: nil, parts: range, segments: segments, to: halves, .replace, in: context)
            return context.pool.forRows(end) { part, _ in
                let (gate, target) = (halves[part.lowerBound], output[part.lowerBound])
                Kernels.best.swiglu(gate, gate + width, halves.stride, target, output.stride, part.count, width)
            }
        }
        var (beta, column): (Float, Int) = (0, 0)
        if case .add = epilogue { beta = 1 }
        for (part, bias) in zip(parts[range], biases[range]) {
            let target = output.column(column)
            product(
                input.from(begin),
                part.weight,
                rows: end - begin,
                to: target.from(begin),
                alpha: 1,
                beta: beta,
                in: context
            )
            for segment in segments {
                guard let adapter = segment.adapter, let update = part.updates[adapter] else { continue }
                let reduced = context.reduced.rows(segment.rows.count, width: update.rank)
                product(
                    input.from(segment.rows.lowerBound),
                    update.down,
                    rows: segment.rows.count,
                    to: reduced,
                    alpha: 1,
                    beta: 0,
                    in: context
                )
                product(
                    reduced,
                    update.up,
                    rows: segment.rows.count,
                    to: target.from(segment.rows.lowerBound),
                    alpha: update.scale,
                    beta: 1,
                    in: context
                )
            }
            if let bias { finish(bias, rows: end - begin, target.from(begin), epilogue, in: context) }
            column += part.outputs
        }
    }

    /// Computes output = alpha · input × Wᵀ + beta · output.
    private func product(
        _ input: Rows,
        _ weight: Tensor,
        rows: Int,
        to output: Rows,
        alpha: Float,
        beta: Float,
        in context: ComputeContext
    ) {
        let outputs = weight.shape[0], inputs = weight.shape[1]
        let tiles = (outputs + Self.tileColumns - 1) / Self.tileColumns
        let threads = context.pool.threadCount
        // Columns are shared out first; rows too where there are not columns enough, as in a low-rank update.
        let columnParts = min(tiles, threads)
        let rowParts = max(1, min(threads / columnParts, rows / Self.leastRows))
        context.pool.run(columnParts * rowParts) { index, slot in
            let (rowPart, columnPart) = index.quotientAndRemainder(dividingBy: columnParts)
            let begin = tiles * columnPart / columnParts * Self.tileColumns
            let end = min(tiles * (columnPart + 1) / columnParts * Self.tileColumns, outputs)
            let part = rows * rowPart / rowParts..<rows * (rowPart + 1) / rowParts
            for column in stride(from: begin, to: end, by: Self.tileColumns) {
                let columns = column..<min(column + Self.tileColumns, end)
                let weights = floats(weight, columns, scratch: context.scratch(slot))
                library.multiply(
                    input[part.lowerBound],
                    stride: input.stride,
                    rows: part.count,
                    weights,
                    columns: columns.count,
                    inputs: inputs,
                    to: output[part.lowerBound] + columns.lowerBound,
                    stride: output.stride,
                    alpha: alpha,
                    beta: beta
                )
            }
        }
    }

    /// Some rows of W as float32: where they lie, or widened.
    private func floats(_ weight: Tensor, _ rows: Range<Int>, scratch: FloatBuffer) -> UnsafePointer<Float> {
        let inputs = weight.shape[1]
        if let floats = weight.alignedFloats { return floats + rows.lowerBound * inputs }
        let tile = scratch.reserve(rows.count * inputs)
        weight.widen(from: rows.lowerBound * inputs, count: rows.count * inputs, into: tile)
        return UnsafePointer(tile)
    }

    private func finish(_ bias: [Float], rows: Int, _ output: Rows, _ epilogue: Epilogue, in context: ComputeContext) {
        context.pool.forRows(rows) { part, _ in
            switch epilogue {
            case .replace:
                Kernels.best.add_bias(output[part.lowerBound], output.stride, bias, part.count, bias.count)
            case .replaceWithGELU:
                Kernels.best.bias_gelu(output[part.lowerBound], output.stride, bias, part.count, bias.count)
            case .add, .replaceWithSwiGLU:
                preconditionFailure("this epilogue is for layers without bias")
            }
        }
    }
}
