import CKernels

/// The SIMD kernels for this CPU.
enum Kernels {
    // SAFETY: a table of function pointers that is never written.
    nonisolated(unsafe) static let best: ckernels = ckernels_best().pointee

    /// The name of the variant: "avx512", "avx2", "neon", "portable".
    static let name = String(cString: best.name)
}
