import COpenBLAS

/// What a forward pass computes with: the pool, the activations, and scratch memory for each thread.
///
/// Belongs to one compute worker, which lends it to one forward pass at a time; the pool's threads write to parts of
/// it that do not overlap.
final class ComputeContext {
    /// The threads.
    let pool: ComputePool
    /// The residual stream: `[tokens, hidden]`.
    let hidden = FloatBuffer()
    /// Query, key and value of every token: `[tokens, q | k | v]`.
    let projections = FloatBuffer()
    /// What attention gives: `[tokens, heads × head size]`.
    let mixed = FloatBuffer()
    /// The inside of the feed-forward network.
    let wide = FloatBuffer()
    private let scratchBuffers: [FloatBuffer]

    init(pool: ComputePool) {
        self.pool = pool
        scratchBuffers = (0..<pool.threadCount).map { _ in FloatBuffer() }
        // The pool splits the products; OpenBLAS's own threads would fight with it for the same cores.
        openblas_set_num_threads(1)
    }

    /// Scratch memory of the thread in `slot`.
    func scratch(_ slot: Int) -> FloatBuffer { scratchBuffers[slot] }
}
