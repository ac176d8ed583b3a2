/// What a forward pass computes with: the pool, the activations, and scratch memory for each thread.
///
/// Belongs to one compute worker, which lends it to one forward pass at a time; the pool's threads write to parts of
/// it that do not overlap.
final class ComputeContext {
    /// The threads.
    let pool: ComputePool
    /// The residual stream: `[tokens, hidden]`.
    let stream = FloatBuffer()
    /// Keys and values of every token, packed for attention.
    let keys = FloatBuffer()
    let values = FloatBuffer()
    /// Queries, keys and values of some tokens, as projected.
    let projections = FloatBuffer()
    /// What attention gives for them: `[tokens, heads × head size]`.
    let mixed = FloatBuffer()
    /// The inside of the feed-forward network.
    let wide = FloatBuffer()
    /// Rows normalised for a linear layer.
    let normed = FloatBuffer()
    /// The inside of low-rank updates.
    let reduced = FloatBuffer()
    /// Gate and up before they are one, for OpenBLAS.
    let gateAndUp = FloatBuffer()
    /// The residual stream of pooled tokens only.
    let pooled = FloatBuffer()
    private let scratchBuffers: [FloatBuffer]

    init(pool: ComputePool) {
        self.pool = pool
        scratchBuffers = (0..<pool.threadCount).map { _ in FloatBuffer() }
    }

    /// Scratch memory of the thread in `slot`.
    func scratch(_ slot: Int) -> FloatBuffer { scratchBuffers[slot] }
}
