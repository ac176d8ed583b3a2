import Glibc

/// OpenBLAS, loaded when a model asks for it: what does not need the library has nothing of it in its process, neither
/// its threads nor its handlers at exit.
struct OpenBLAS: Sendable {
    /// `cblas_sgemm` of the C interface to BLAS, in which whole numbers have 32 bits.
    private typealias SGEMM =
        @convention(c) (
            _ order: CInt, _ transA: CInt, _ transB: CInt, _ m: CInt, _ n: CInt, _ k: CInt,
            _ alpha: Float, _ a: UnsafePointer<Float>, _ lda: CInt, _ b: UnsafePointer<Float>, _ ldb: CInt,
            _ beta: Float, _ c: UnsafeMutablePointer<Float>, _ ldc: CInt
        ) -> Void
    private typealias SetThreadCount = @convention(c) (CInt) -> Void

    /// The name of the library, of Debian's package libopenblas0.
    static let library = "libopenblas.so.0"
    // The values of cblas.h.
    private static let (rowMajor, plain, transposed): (CInt, CInt, CInt) = (101, 111, 112)

    private let sgemm: SGEMM

    /// Loads the library, or finds it loaded; it is never unloaded.
    ///
    /// - Throws: if it is not installed, or is none.
    static func load() throws(CheckpointError) -> OpenBLAS { try loaded.get() }

    private static let loaded = Result { () throws(CheckpointError) in try OpenBLAS(library) }

    /// - Parameter name: what the dynamic linker shall look for.
    init(_ name: String) throws(CheckpointError) {
        guard let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL), let sgemm = dlsym(handle, "cblas_sgemm"),
            let setThreadCount = dlsym(handle, "openblas_set_num_threads")
        else {
            let reason = dlerror().map { String(cString: $0) } ?? "unknown"
            throw CheckpointError(
                file: name,
                reason: "cannot be loaded (\(reason)). Install libopenblas0, or use the native back end"
            )
        }
        self.sgemm = unsafeBitCast(sgemm, to: SGEMM.self)
        // The pool splits the products; OpenBLAS's own threads would fight with it for the same cores.
        unsafeBitCast(setThreadCount, to: SetThreadCount.self)(1)
    }

    /// Computes output = alpha · input × Wᵀ + beta · output for row-major matrices.
    ///
    /// - Parameters:
    ///   - input: `[rows, inputs]`, its rows `inputStride` values apart.
    ///   - weights: `[columns, inputs]`.
    ///   - output: `[rows, columns]`, its rows `outputStride` values apart.
    func multiply(
        _ input: UnsafePointer<Float>,
        stride inputStride: Int,
        rows: Int,
        _ weights: UnsafePointer<Float>,
        columns: Int,
        inputs: Int,
        to output: UnsafeMutablePointer<Float>,
        stride outputStride: Int,
        alpha: Float,
        beta: Float
    ) {
        sgemm(
            Self.rowMajor,
            Self.plain,
            Self.transposed,
            CInt(rows),
            CInt(columns),
            CInt(inputs),
            alpha,
            input,
            CInt(inputStride),
            weights,
            CInt(inputs),
            beta,
            output,
            CInt(outputStride)
        )
    }
}
