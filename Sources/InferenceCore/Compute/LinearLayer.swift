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

    /// Output columns widened at a time: 64 rows of 3,072 inputs are 0.8 MB, which stays in the L2 cache.
    private static let tileColumns = 64

    init(weight: Tensor, bias: Tensor?) {
        outputs = weight.shape[0]
        inputs = weight.shape[1]
        self.weight = weight
        self.bias = bias?.widened()
    }

    /// Computes `rows` rows of `outputs` values each.
    ///
    /// - Parameters:
    ///   - input: `[rows, inputs]`, rows `inputStride` values apart.
    ///   - output: `[rows, outputs]`, rows `outputStride` values apart; overwritten.
    ///   - epilogue: what is done to the columns of a slice as soon as they are there.
    func apply(
        _ input: UnsafePointer<Float>,
        inputStride: Int,
        rows: Int,
        to output: UnsafeMutablePointer<Float>,
        outputStride: Int,
        epilogue: Epilogue = .bias,
        in context: ComputeContext
    ) {
        guard rows > 0 else { return }
        let slices = slices(threads: context.pool.threadCount)
        context.pool.run(slices.count) { index, slot in
            let slice = slices[index]
            multiply(input, inputStride, rows, slice, output, outputStride, scratch: context.scratch(slot))
            guard let bias else { return }
            bias.withUnsafeBufferPointer { bias in
                guard let base = bias.baseAddress else { return }
                let column = output + slice.lowerBound
                switch epilogue {
                case .bias: Kernels.best.add_bias(column, outputStride, base + slice.lowerBound, rows, slice.count)
                case .biasAndGELU:
                    Kernels.best.bias_gelu(column, outputStride, base + slice.lowerBound, rows, slice.count)
                }
            }
        }
    }

    /// What follows the product.
    enum Epilogue {
        /// Adds the bias, if there is one.
        case bias
        /// Adds the bias, then applies GELU.
        case biasAndGELU
    }

    /// One slice of the output columns for each thread; boundaries at multiples of the tile.
    private func slices(threads: Int) -> [Range<Int>] {
        let tiles = (outputs + Self.tileColumns - 1) / Self.tileColumns
        let parts = min(threads, tiles)
        return (0..<parts).map { part in
            let begin = tiles * part / parts * Self.tileColumns
            let end = tiles * (part + 1) / parts * Self.tileColumns
            return begin..<min(end, outputs)
        }
    }

    private func multiply(
        _ input: UnsafePointer<Float>,
        _ inputStride: Int,
        _ rows: Int,
        _ columns: Range<Int>,
        _ output: UnsafeMutablePointer<Float>,
        _ outputStride: Int,
        scratch: FloatBuffer
    ) {
        if weight.type == .float32, let base = weight.alignedFloats {
            product(input, inputStride, rows, base + columns.lowerBound * inputs, columns, output, outputStride)
            return
        }
        let tile = scratch.reserve(Self.tileColumns * inputs)
        for begin in stride(from: columns.lowerBound, to: columns.upperBound, by: Self.tileColumns) {
            let part = begin..<min(begin + Self.tileColumns, columns.upperBound)
            weight.widen(from: begin * inputs, count: part.count * inputs, into: tile)
            product(input, inputStride, rows, tile, part, output, outputStride)
        }
    }

    /// output[:, columns] = input × weightsᵀ
    private func product(
        _ input: UnsafePointer<Float>,
        _ inputStride: Int,
        _ rows: Int,
        _ weights: UnsafePointer<Float>,
        _ columns: Range<Int>,
        _ output: UnsafeMutablePointer<Float>,
        _ outputStride: Int
    ) {
        cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasTrans,
            blasint(rows), blasint(columns.count), blasint(inputs),
            1, input, blasint(inputStride), weights, blasint(inputs),
            0, output + columns.lowerBound, blasint(outputStride)
        )
    }
}
