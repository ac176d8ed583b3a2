import CKernels

/// Root-mean-square normalisation (Zhang & Sennrich 2019): x / sqrt(mean(x²) + epsilon) · weight.
struct RMSNorm: Sendable {
    /// As many as a row has values.
    let weight: [Float]
    /// Keeps a row of zeros finite.
    let epsilon: Float

    /// Normalises `rows` rows; output may be the input.
    func apply(_ input: Rows, rows: Int, to output: Rows) {
        let (width, epsilon) = (weight.count, epsilon)
        Kernels.best.rms_norm(input.base, input.stride, weight, epsilon, output.base, output.stride, rows, width)
    }
}
