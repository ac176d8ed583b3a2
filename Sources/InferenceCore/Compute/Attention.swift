import CKernels

/// Scaled dot-product attention (Vaswani et al. 2017) over packed sequences, with memory linear in their length.
///
/// Every sequence attends within itself. Scores are never held for more than a tile of queries × keys: the softmax is
/// computed online (Milakov & Gimelshein 2018; Dao et al. 2022). Tiles start at the sequence's own first token and
/// have fixed sizes, so what a sequence gets does not depend on its neighbours.
struct Attention: Sendable {
    /// Query heads.
    let heads: Int
    /// Key and value heads; each serves `heads / keyValueHeads` query heads (grouped-query attention).
    let keyValueHeads: Int
    /// Values of one head.
    let headSize: Int
    /// Whether a token sees only itself and what precedes it.
    let causal: Bool

    private static let queryTile = 64
    private static let keyTile = 128

    /// Where the projections lie: rows of `stride` values, a head's values next to each other.
    struct Projections {
        /// `[tokens, heads, headSize]`
        let query: UnsafePointer<Float>
        /// `[tokens, keyValueHeads, headSize]`
        let key: UnsafePointer<Float>
        /// `[tokens, keyValueHeads, headSize]`
        let value: UnsafePointer<Float>
        /// Values from one token's row to the next, in all three.
        let stride: Int
    }

    /// One piece of work: a tile of queries of one head of one sequence.
    private struct Tile {
        let sequence: Range<Int>
        let queries: Range<Int>
        let head: Int
    }

    /// Computes the context of every token.
    ///
    /// - Parameters:
    ///   - sequences: the extents of the sequences in the packed rows.
    ///   - output: `[tokens, heads, headSize]`, dense.
    func apply(
        _ projections: Projections,
        sequences: [Range<Int>],
        to output: UnsafeMutablePointer<Float>,
        in context: ComputeContext
    ) {
        var tiles: [Tile] = []
        for sequence in sequences {
            for begin in stride(from: sequence.lowerBound, to: sequence.upperBound, by: Self.queryTile) {
                let queries = begin..<min(begin + Self.queryTile, sequence.upperBound)
                for head in 0..<heads { tiles.append(Tile(sequence: sequence, queries: queries, head: head)) }
            }
        }
        context.pool.run(tiles.count) { index, slot in
            compute(tiles[index], projections, output, scratch: context.scratch(slot))
        }
    }

    /// Computes the context of one token per sequence: what a last layer needs when only that token is pooled.
    ///
    /// - Parameters:
    ///   - queries: `[sequences, heads, headSize]`, rows `queryStride` values apart: the queries of the tokens.
    ///   - tokens: the token's place in the packed rows, for each sequence.
    ///   - output: `[sequences, heads, headSize]`, dense.
    func apply(
        queries: UnsafePointer<Float>,
        queryStride: Int,
        tokens: [Int],
        _ projections: Projections,
        sequences: [Range<Int>],
        to output: UnsafeMutablePointer<Float>,
        in context: ComputeContext
    ) {
        context.pool.run(sequences.count * heads) { index, slot in
            let (row, head) = index.quotientAndRemainder(dividingBy: heads)
            // The tile's own query is at row `tokens[row]` of a matrix that begins that many rows before it.
            let shifted = Projections(
                query: queries + (row - tokens[row]) * queryStride,
                key: projections.key,
                value: projections.value,
                stride: projections.stride
            )
            let tile = Tile(sequence: sequences[row], queries: tokens[row]..<tokens[row] + 1, head: head)
            let width = heads * headSize
            compute(
                tile, shifted, queryStride: queryStride, output + (row - tokens[row]) * width,
                scratch: context.scratch(slot)
            )
        }
    }

    private func compute(
        _ tile: Tile,
        _ projections: Projections,
        queryStride: Int? = nil,
        _ output: UnsafeMutablePointer<Float>,
        scratch: FloatBuffer
    ) {
        let kernels = Kernels.best
        let rows = tile.queries.count
        let width = heads * headSize
        let queryStride = queryStride ?? projections.stride
        let keyValueOffset = tile.head / (heads / keyValueHeads) * headSize
        let keyTile = Self.keyTile

        // [headSize, keyTile] keys, transposed and scaled; [rows, keyTile] scores; [rows] maxima; [rows] sums.
        let keys = scratch.reserve(headSize * keyTile + rows * keyTile + 2 * rows)
        let scores = keys + headSize * keyTile
        let maxima = scores + rows * keyTile
        let sums = maxima + rows
        maxima.update(repeating: -Float.greatestFiniteMagnitude, count: rows)
        sums.update(repeating: 0, count: rows)

        let query = projections.query + tile.queries.lowerBound * queryStride + tile.head * headSize
        let result = output + tile.queries.lowerBound * width + tile.head * headSize
        let scale = 1 / Float(headSize).squareRoot()
        let end = causal ? tile.queries.upperBound : tile.sequence.upperBound
        for begin in stride(from: tile.sequence.lowerBound, to: end, by: keyTile) {
            let count = min(keyTile, end - begin)
            let first = begin * projections.stride + keyValueOffset
            kernels.transpose(projections.key + first, projections.stride, keys, keyTile, count, headSize, scale)
            kernels.matmul(query, queryStride, keys, keyTile, scores, keyTile, rows, count, headSize, 0)
            for row in 0..<rows {
                let line = scores + row * keyTile
                let visible = causal ? tile.queries.lowerBound + row + 1 - begin : count
                if visible < count {
                    for hidden in max(0, visible)..<count { line[hidden] = -.infinity }
                }
                let correction = kernels.softmax_step(line, count, maxima + row, sums + row)
                if begin > tile.sequence.lowerBound { kernels.scale(result + row * width, correction, headSize) }
            }
            let accumulate: Int32 = begin > tile.sequence.lowerBound ? 1 : 0
            kernels.matmul(
                scores, keyTile, projections.value + first, projections.stride, result, width,
                rows, headSize, count, accumulate
            )
        }
        for row in 0..<rows { kernels.scale(result + row * width, 1 / sums[row], headSize) }
    }
}
