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
    /// Multiply-adds of one thread between yield points: some ten milliseconds.
    private static let yieldWork = 1 << 29

    /// What attention works on. Heads lie next to each other in a row.
    struct Input {
        /// `[queries, heads × headSize]`
        let queries: Rows
        /// `[tokens, keyValueHeads × headSize]`
        let keys: Rows
        /// `[tokens, keyValueHeads × headSize]`
        let values: Rows
    }

    /// One piece of work: a tile of queries of one head of one sequence.
    private struct Tile {
        /// The sequence's tokens.
        let sequence: Range<Int>
        /// The tokens that ask.
        let tokens: Range<Int>
        /// The row of queries and output that the first of them has.
        let row: Int
        let head: Int
    }

    /// Computes the context of the tokens of a range.
    ///
    /// - Parameters:
    ///   - sequences: the extents of the sequences among the packed tokens.
    ///   - tokens: which tokens ask; the first has row 0 of `input.queries` and of `output`.
    ///   - output: `[tokens, heads × headSize]`.
    ///   - yield: called between blocks of long sequences; once it says no, the work stops.
    /// - Returns: whether all of `output` was computed.
    func apply(
        _ input: Input, sequences: [Range<Int>], tokens: Range<Int>, to output: Rows, in context: ComputeContext,
        yield: () -> Bool
    ) -> Bool {
        var tiles: [Tile] = []
        for sequence in sequences {
            let asking = sequence.clamped(to: tokens)
            for begin in stride(from: asking.lowerBound, to: asking.upperBound, by: Self.queryTile) {
                let part = begin..<min(begin + Self.queryTile, asking.upperBound)
                for head in 0..<heads {
                    tiles.append(Tile(sequence: sequence, tokens: part, row: begin - tokens.lowerBound, head: head))
                }
            }
        }
        var begin = 0
        while begin < tiles.count {
            guard begin == 0 || yield() else { return false }
            var end = begin
            var work = 0
            while end < tiles.count, work < Self.yieldWork * context.pool.threadCount {
                work += 2 * tiles[end].tokens.count * tiles[end].sequence.count * headSize
                end += 1
            }
            compute(tiles[begin..<end], input, output, in: context)
            begin = end
        }
        return true
    }

    /// Computes the context of one token per sequence: what a last layer needs when only that token is pooled.
    ///
    /// - Parameters:
    ///   - tokens: the token that asks in each sequence; it has the sequence's row in `input.queries` and `output`.
    ///   - output: `[sequences, heads × headSize]`.
    func apply(
        _ input: Input, sequences: [Range<Int>], singleTokens tokens: [Int], to output: Rows,
        in context: ComputeContext
    ) {
        var tiles: [Tile] = []
        for (row, (sequence, token)) in zip(sequences, tokens).enumerated() {
            for head in 0..<heads {
                tiles.append(Tile(sequence: sequence, tokens: token..<token + 1, row: row, head: head))
            }
        }
        compute(tiles[...], input, output, in: context)
    }

    private func compute(_ tiles: ArraySlice<Tile>, _ input: Input, _ output: Rows, in context: ComputeContext) {
        context.pool.run(tiles.count) { index, slot in
            compute(tiles[tiles.startIndex + index], input, output, scratch: context.scratch(slot))
        }
    }

    private func compute(_ tile: Tile, _ input: Input, _ output: Rows, scratch: FloatBuffer) {
        let kernels = Kernels.best
        let rows = tile.tokens.count
        let keyTile = Self.keyTile
        let query = input.queries.from(tile.row).column(tile.head * headSize)
        let result = output.from(tile.row).column(tile.head * headSize)
        let group = tile.head / (heads / keyValueHeads) * headSize
        let keys = input.keys.column(group), values = input.values.column(group)

        // [headSize, keyTile] keys, transposed and scaled; [rows, keyTile] scores; [rows] maxima; [rows] sums.
        let transposed = scratch.reserve(headSize * keyTile + rows * keyTile + 2 * rows)
        let scores = Rows(base: transposed + headSize * keyTile, stride: keyTile)
        let maxima = scores[rows]
        let sums = maxima + rows
        maxima.update(repeating: -Float.greatestFiniteMagnitude, count: rows)
        sums.update(repeating: 0, count: rows)

        let scale = 1 / Float(headSize).squareRoot()
        let first = tile.sequence.lowerBound
        let end = causal ? tile.tokens.upperBound : tile.sequence.upperBound
        for begin in stride(from: first, to: end, by: keyTile) {
            let count = min(keyTile, end - begin)
            kernels.transpose(keys[begin], keys.stride, transposed, keyTile, count, headSize, scale)
            kernels.matmul(
                query.base, query.stride, transposed, keyTile, scores.base, keyTile, rows, count, headSize, 0
            )
            for row in 0..<rows {
                let visible = causal ? tile.tokens.lowerBound + row + 1 - begin : count
                if visible < count {
                    for hidden in max(0, visible)..<count { scores[row][hidden] = -.infinity }
                }
                let correction = kernels.softmax_step(scores[row], count, maxima + row, sums + row)
                if begin > first { kernels.scale(result[row], correction, headSize) }
            }
            kernels.matmul(
                scores.base, keyTile, values[begin], values.stride, result.base, result.stride,
                rows, headSize, count, begin > first ? 1 : 0
            )
        }
        for row in 0..<rows { kernels.scale(result[row], 1 / sums[row], headSize) }
    }
}
