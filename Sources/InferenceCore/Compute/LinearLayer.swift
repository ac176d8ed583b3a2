import CKernels
import COpenBLAS

/// A linear layer, y = x Wᵀ + b, with its weights where the checkpoint has them.
///
/// W is `[outputs, inputs]` row-major. Float32 weights are multiplied where they lie in the mapped file; bfloat16 and
/// half weights are widened tile by tile, so that no float32 copy of the model exists. Products are OpenBLAS's.
struct LinearLayer: Sendable {
    /// Values of an output row.
    let outputs: Int
    /// Values of an input row.
    let inputs: Int
    private let weight: Tensor
    private let bias: [Float]?

    /// Output columns of one piece of work, and widened at a time.
    private static let tileColumns = 128
    /// A thread is given at least this many rows: fewer do not pay for packing the weights again.
    private static let leastRows = 64

    init(weight: Tensor, bias: Tensor? = nil) {
        outputs = weight.shape[0]
        inputs = weight.shape[1]
        self.weight = weight
        self.bias = bias?.widened()
    }

    /// What becomes of the product.
    enum Epilogue {
        /// It replaces the output, bias added.
        case replace
        /// It replaces the output after bias and GELU.
        case replaceWithGELU
        /// It is multiplied by a factor and added to the output. For layers without bias.
        case add(scaledBy: Float)
    }

    /// Computes `rows` rows of `outputs` values from as many rows of `inputs` values.
    func apply(_ input: Rows, rows: Int, to output: Rows, _ epilogue: Epilogue = .replace, in context: ComputeContext) {
        guard rows > 0 else { return }
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
                multiply(input, part, columns, output, epilogue, scratch: context.scratch(slot))
                finish(part, columns, output, epilogue)
            }
        }
    }

    /// Computes `output[rows, columns] = input[rows, :] × W[columns, :]ᵀ`, or adds it.
    private func multiply(
        _ input: Rows,
        _ rows: Range<Int>,
        _ columns: Range<Int>,
        _ output: Rows,
        _ epilogue: Epilogue,
        scratch: FloatBuffer
    ) {
        let weights: UnsafePointer<Float>
        if let floats = weight.alignedFloats {
            weights = floats + columns.lowerBound * inputs
        } else {
            let tile = scratch.reserve(columns.count * inputs)
            weight.widen(from: columns.lowerBound * inputs, count: columns.count * inputs, into: tile)
            weights = UnsafePointer(tile)
        }
        var (alpha, beta): (Float, Float) = (1, 0)
        if case .add(let factor) = epilogue { (alpha, beta) = (factor, 1) }
        cblas_sgemm(
            CblasRowMajor,
            CblasNoTrans,
            CblasTrans,
            blasint(rows.count),
            blasint(columns.count),
            blasint(inputs),
            alpha,
            input[rows.lowerBound],
            blasint(input.stride),
            weights,
            blasint(inputs),
            beta,
            output[rows.lowerBound] + columns.lowerBound,
            blasint(output.stride)
        )
    }

    /// Adds the bias and applies the activation while the tile is in the cache.
    private func finish(_ rows: Range<Int>, _ columns: Range<Int>, _ output: Rows, _ epilogue: Epilogue) {
        guard let bias else { return }
        let tile = output[rows.lowerBound] + columns.lowerBound
        bias.withUnsafeBufferPointer { bias in
            guard let base = bias.baseAddress else { return }
            switch epilogue {
            case .replace:
                Kernels.best.add_bias(tile, output.stride, base + columns.lowerBound, rows.count, columns.count)
            case .replaceWithGELU:
                Kernels.best.bias_gelu(tile, output.stride, base + columns.lowerBound, rows.count, columns.count)
            case .add:
                preconditionFailure("a layer whose product is added has no bias")
            }
        }
    }
}
