import InferenceCore

/// What computes a model's vectors on this machine.
struct ComputePath: Sendable, Equatable {
    /// Which code multiplies matrices.
    var backend: ComputeBackend
    /// The SIMD kernels that this CPU got: `avx512`, `avx2` or `portable`.
    var kernels: String
    /// The compute threads.
    var threads: Int
}
