import CKernels

/// Scaled dot-product attention over packed sequences, with memory linear in their length (Vaswani and others, 2017).
///
/// Every sequence attends within itself. Scores are never held for more than a tile of queries × keys: the softmax is
/// computed online (Milakov & Gimelshein 2018; Dao et al. 2022). Tiles of keys start at the sequence's own first token
/// and have fixed sizes, so what a token gets does not depend on its neighbours.
struct Attention: Sendable {
    /// Query heads.
    let heads: Int
    /// Key and value heads; each serves `heads / keyValueHeads` query heads (grouped-query attention).
    let keyValueHeads: Int
    /// Values of one head.
    let headSize: Int
    /// Whether a token sees only itself and what precedes it.
    let causal: Bool

    private static let blockRows = Kernels.best.block_rows
    /// Queries of one piece of work: whole blocks, about 60.
    private static let queryTile = max(1, 60 / blockRows) * blockRows
    /// A multiple of every panel.
    private static let keyTile = 128
    /// Multiply-adds of one thread between yield points: some ten milliseconds.
    private static let yieldWork = 1 << 29

    /// One piece of work: a tile of queries of one head of one sequence.
    private struct Tile {
        let sequence: Int
        /// The tokens that ask, counted from the sequence's start.
        let tokens: Range<Int>
        /// The row of queries and output that the first of them has.
        let row: Int
        let head: Int
        /// The tokens of the sequence that may be looked at.
        let visible: Int
    }

    /// Computes the context of the tokens of a range.
    ///
    /// - Parameters:
    ///   - queries: `[tokens, heads × headSize]`; row 0 is the first of `tokens`.
    ///   - memory: keys and values of all tokens.
    ///   - sequences: the extents of the sequences among the packed tokens.
    ///   - output: `[tokens, heads × headSize]`.
    ///   - yield: called between blocks of long sequences; once it says no, the work stops.
    /// - Returns: whether all of `output` was computed.
    func apply(
        _ queries: Rows,
        _ memory: PackedKeysAndValues,
        sequences: [Range<Int>],
        tokens: Range<Int>,
        to output: Rows,
        in context: ComputeContext,
        yield: () -> Bool
    ) -> Bool {
        var tiles: [Tile] = []
        for (index, sequence) in sequences.enumerated() {
            let asking = sequence.clamped(to: tokens)
            for begin in stride(from: asking.lowerBound, to: asking.upperBound, by: Self.queryTile) {
                let end = min(begin + Self.queryTile, asking.upperBound)
                let own = begin - sequence.lowerBound..<end - sequence.lowerBound
                for head in 0..<heads {
                    tiles.append(
                        Tile(
                            sequence: index,
                            tokens: own,
                            row: begin - tokens.lowerBound,
                            head: head,
                            visible: causal ? own.upperBound : sequence.count
                        )
                    )
                }
            }
        }
        var begin = 0
        while begin < tiles.count {
            guard begin == 0 || yield() else { return false }
            var end = begin
            var work = 0
            while end < tiles.count, work < Self.yieldWork * context.pool.threadCount {
                work += 2 * tiles[end].tokens.count * tiles[end].visible * headSize
                end += 1
            }
            compute(tiles[begin..<end], queries, memory, output, in: context)
            begin = end
        }
        return true
    }

    /// Computes the context of one token per sequence: what a last layer needs when only that token is pooled.
    ///
    /// - Parameters:
    ///   - queries: `[sequences, heads × headSize]`.
    ///   - tokens: the token that asks in each sequence, among the packed tokens.
    ///   - output: `[sequences, heads × headSize]`.
    func apply(
        _ queries: Rows,
        _ memory: PackedKeysAndValues,
        sequences: [Range<Int>],
        singleTokens tokens: [Int],
        to output: Rows,
        in context: ComputeContext
    ) {
        var tiles: [Tile] = []
        for (index, (sequence, token)) in zip(sequences, tokens).enumerated() {
            let own = token - sequence.lowerBound..<token - sequence.lowerBound + 1
            for head in 0..<heads {
                tiles.append(
                    Tile(
                        sequence: index,
                        tokens: own,
                        row: index,
                        head: head,
                        visible: causal ? own.upperBound : sequence.count
                    )
                )
            }
        }
        compute(tiles[...], queries, memory, output, in: context)
    }

    private func compute(
        _ tiles: ArraySlice<Tile>,
        _ queries: Rows,
        _ memory: PackedKeysAndValues,
        _ output: Rows,
        in context: ComputeContext
    ) {
        context.pool.run(tiles.count) { index, slot in
            let tile = tiles[tiles.startIndex + index]
            let column = tile.head * headSize
            compute(
                tile,
                queries.from(tile.row).column(column),
                memory,
                output.from(tile.row).column(column),
                scratch: context.scratch(slot)
            )
        }
    }

    private func compute(
        _ tile: Tile,
        _ queries: Rows,
        _ memory: PackedKeysAndValues,
        _ output: Rows,
        scratch: FloatBuffer
    ) {
        let kernels = Kernels.best
        let rows = tile.tokens.count
        // Scaled queries [rows, headSize]; scores [rows, keyTile]; maxima and sums [rows].
        let base = scratch.reserve(rows * (headSize + Self.keyTile + 2))
        let scaled = Rows(base: base, stride: headSize)
        let scores = Rows(base: scaled[rows], stride: Self.keyTile)
        let maxima = scores[rows]
        let sums = maxima + rows
        maxima.update(repeating: -Float.greatestFiniteMagnitude, count: rows)
        sums.update(repeating: 0, count: rows)
        for row in 0..<rows { scaled[row].update(from: queries[row], count: headSize) }
        kernels.scale(scaled.base, 1 / Float(headSize).squareRoot(), rows * headSize)

        for begin in stride(from: 0, to: tile.visible, by: Self.keyTile) {
            let keys = begin..<min(begin + Self.keyTile, tile.visible)
            score(tile, keys, scaled, memory, into: scores)
            for row in 0..<rows {
                if causal { mask(scores[row], from: tile.tokens.lowerBound + row + 1, keys) }
                let correction = kernels.softmax_step(scores[row], keys.count, maxima + row, sums + row)
                if begin > 0, correction != 1 { kernels.scale(output[row], correction, headSize) }
            }
            gather(tile, keys, scores, memory, into: output)
        }
        for row in 0..<rows { kernels.scale(output[row], 1 / sums[row], headSize) }
    }

    /// The keys' scores for every query of the tile.
    private func score(
        _ tile: Tile,
        _ keys: Range<Int>,
        _ queries: Rows,
        _ memory: PackedKeysAndValues,
        into scores: Rows
    ) {
        let group = tile.head / (heads / keyValueHeads)
        let panel = PackedKeysAndValues.panel
        for key in stride(from: keys.lowerBound, to: keys.upperBound, by: panel) {
            multiply(
                queries,
                rows: tile.tokens.count,
                memory.keyPanel(head: group, sequence: tile.sequence, token: key),
                columns: min(panel, keys.upperBound - key),
                k: headSize,
                to: scores.column(key - keys.lowerBound)
            )
        }
    }

    /// Hides the keys from `first` on, counted from the sequence's start.
    private func mask(_ scores: UnsafeMutablePointer<Float>, from first: Int, _ keys: Range<Int>) {
        let begin = max(first, keys.lowerBound)
        guard begin < keys.upperBound else { return }
        (scores + begin - keys.lowerBound).update(repeating: -.infinity, count: keys.upperBound - begin)
    }

    /// Adds the keys' values, weighted, to the output; the first keys replace it.
    private func gather(
        _ tile: Tile,
        _ keys: Range<Int>,
        _ weights: Rows,
        _ memory: PackedKeysAndValues,
        into output: Rows
    ) {
        let group = tile.head / (heads / keyValueHeads)
        let panel = PackedKeysAndValues.panel
        for index in 0..<(headSize + panel - 1) / panel {
            multiply(
                weights,
                rows: tile.tokens.count,
                memory.valuePanel(index, head: group, sequence: tile.sequence, token: keys.lowerBound),
                columns: min(panel, headSize - index * panel),
                k: keys.count,
                to: output.column(index * panel),
                accumulate: keys.lowerBound > 0
            )
        }
    }

    /// The product of some rows and a panel, block by block; meanwhile what lies behind the panel comes from memory: it is
    /// wanted soon.
    private func multiply(
        _ a: Rows,
        rows: Int,
        _ b: UnsafePointer<Float>,
        columns: Int,
        k: Int,
        to output: Rows,
        accumulate: Bool = false
    ) {
        let blocks = (rows + Self.blockRows - 1) / Self.blockRows
        let bytes = k * PackedKeysAndValues.panel * MemoryLayout<Float>.size
        for index in 0..<blocks {
            let first = index * Self.blockRows
            let turn = PanelTurn(index: index, count: blocks, isFirst: false, isLast: false)
            var tile = ckernels_tile()
            (tile.rows, tile.columns, tile.k) = (min(Self.blockRows, rows - first), columns, k)
            (tile.a, tile.lda, tile.b) = (UnsafePointer(a[first]), a.stride, UnsafeRawPointer(b))
            (tile.ahead, tile.ahead_step) = turn.ahead(of: UnsafeRawPointer(b), bytes: bytes, steps: k)
            (tile.c, tile.ldc, tile.accumulate) = (output[first], output.stride, accumulate ? 1 : 0)
            Kernels.best.tile_f32(&tile)
        }
    }
}
