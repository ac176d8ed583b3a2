/// What a linear layer does with its output.
enum Epilogue: Sendable {
    /// Replaces it, bias added.
    case replace
    /// Replaces it after bias and GELU.
    case replaceWithGELU
    /// Replaces it by silu(first part) · second part (SwiGLU, Shazeer 2020); as wide as one of the two parts, which
    /// have no bias.
    case replaceWithSwiGLU
    /// Adds to it: a residual connection. For layers without bias.
    case add
}

/// One or more linear layers of the same input, y = x Wᵀ + b, whose outputs lie side by side.
///
/// Rows may belong to different adapters: the base weights are shared and never merged, and each segment of rows adds
/// its own adapter's update, scale · B (A x).
protocol LinearLayer: Sendable {
    /// Values that each part gives for a row.
    var outputs: [Int] { get }

    /// Computes `[rows, outputs of the parts]` from `[rows, inputs]`.
    ///
    /// - Parameters:
    ///   - norm: what is done to the input first.
    ///   - output: must not overlap the input.
    ///   - parts: which of the layers side by side; the output begins with the first of them.
    ///   - segments: the rows by adapter, in order; together all rows.
    func apply(
        _ input: Rows,
        norm: RMSNorm?,
        parts: Range<Int>,
        segments: [AdapterSegment],
        to output: Rows,
        _ epilogue: Epilogue,
        in context: ComputeContext
    )
}

extension LinearLayer {
    /// Computes all parts.
    func apply(
        _ input: Rows,
        norm: RMSNorm? = nil,
        segments: [AdapterSegment],
        to output: Rows,
        _ epilogue: Epilogue,
        in context: ComputeContext
    ) {
        apply(input, norm: norm, parts: outputs.indices, segments: segments, to: output, epilogue, in: context)
    }
}

/// Which code multiplies matrices.
public enum ComputeBackend: String, Sendable, CaseIterable {
    /// Our own kernels over weights packed at load: the same bits whatever is in the batch.
    case native
    /// OpenBLAS over the weights as they are stored: the reference.
    case openBLAS = "openblas"
}

/// Makes the linear layers of one model.
struct LinearLayers {
    private enum Maker {
        case native(WeightMemory)
        case openBLAS(OpenBLAS)
    }

    private let maker: Maker

    /// For a model's weights; nothing is computed yet.
    ///
    /// - Parameter backend: which code multiplies.
    /// - Throws: if it is a library that is not installed.
    init(backend: ComputeBackend) throws(CheckpointError) {
        switch backend {
        case .native: maker = .native(WeightMemory())
        case .openBLAS: maker = .openBLAS(try OpenBLAS.load())
        }
    }

    /// Makes a layer of parts with the same input.
    func layer(_ parts: LinearPart...) -> any LinearLayer {
        switch maker {
        case .native(let memory): PackedLinear(parts, in: memory)
        case .openBLAS(let library): BLASLinear(parts, by: library)
        }
    }
}
