import CKernels

/// The keys and values of a step, laid out for the tile kernels of attention.
///
/// A sequence's tokens begin at a panel of their own, so what lies in a panel does not depend on the neighbours.
/// Packed once per layer, whatever the number of queries.
struct PackedKeysAndValues {
    /// Tokens of one panel of keys, and values of one panel of values.
    static let panel = Kernels.best.panel_columns

    private let heads: Int
    private let headSize: Int
    private let sequences: [Range<Int>]
    /// Where each sequence begins, counted in tokens rounded up to whole panels.
    private let offsets: [Int]
    private let paddedTokens: Int
    /// Shape `[heads, panels of tokens, headSize, panel]`.
    private let keys: UnsafeMutablePointer<Float>
    /// Shape `[heads, panels of headSize, tokens, panel]`.
    private let values: UnsafeMutablePointer<Float>
    private let valuePanels: Int

    /// Reserves room for all tokens of a step.
    init(heads: Int, headSize: Int, sequences: [Range<Int>], in context: ComputeContext) {
        var offsets: [Int] = []
        var padded = 0
        for sequence in sequences {
            offsets.append(padded)
            padded += (sequence.count + Self.panel - 1) / Self.panel * Self.panel
        }
        self.heads = heads
        self.headSize = headSize
        self.sequences = sequences
        self.offsets = offsets
        paddedTokens = padded
        valuePanels = (headSize + Self.panel - 1) / Self.panel
        keys = context.keys.reserve(heads * padded * headSize)
        values = context.values.reserve(heads * valuePanels * padded * Self.panel)
    }

    /// Packs the keys and values of some tokens.
    ///
    /// - Parameters:
    ///   - keys: `[tokens, heads × headSize]`; row 0 is the first of `tokens`.
    ///   - values: the same shape.
    ///   - tokens: where it cuts a sequence, it does so between panels (`chunks` sees to that).
    func pack(keys: Rows, values: Rows, tokens: Range<Int>, in context: ComputeContext) {
        struct Part {
            let tokens: Range<Int>
            let place: Int
        }
        var parts: [Part] = []
        for (sequence, offset) in zip(sequences, offsets) {
            let own = sequence.clamped(to: tokens)
            for begin in stride(from: own.lowerBound, to: own.upperBound, by: Self.panel) {
                let part = begin..<min(begin + Self.panel, own.upperBound)
                parts.append(Part(tokens: part, place: offset + begin - sequence.lowerBound))
            }
        }
        context.pool.run(parts.count * heads) { index, _ in
            let (number, head) = index.quotientAndRemainder(dividingBy: heads)
            let part = parts[number]
            let row = part.tokens.lowerBound - tokens.lowerBound
            Kernels.best.pack_panel_f32(
                keys[row] + head * headSize,
                keys.stride,
                part.tokens.count,
                headSize,
                self.keys + head * paddedTokens * headSize + part.place * headSize
            )
            for token in 0..<part.tokens.count {
                copy(values[row + token] + head * headSize, head: head, place: part.place + token)
            }
        }
    }

    /// The panel that holds a token of a sequence; `token` counts from the sequence's start, in whole panels.
    func keyPanel(head: Int, sequence: Int, token: Int) -> UnsafePointer<Float> {
        UnsafePointer(keys + (head * paddedTokens + offsets[sequence] + token) * headSize)
    }

    /// The values of a token and those after it: one panel of their columns.
    func valuePanel(_ panel: Int, head: Int, sequence: Int, token: Int) -> UnsafePointer<Float> {
        UnsafePointer(values + ((head * valuePanels + panel) * paddedTokens + offsets[sequence] + token) * Self.panel)
    }

    /// Cuts a step into runs of at most `size` tokens that end between panels.
    static func chunks(of sequences: [Range<Int>], size: Int) -> [Range<Int>] {
        var chunks: [Range<Int>] = []
        var begin = 0
        for sequence in sequences {
            while sequence.upperBound - begin > size {
                let inside = max(0, begin + size - sequence.lowerBound) / panel * panel
                let end = sequence.lowerBound + inside
                chunks.append(begin..<end)
                begin = end
            }
        }
        if let end = sequences.last?.upperBound, begin < end { chunks.append(begin..<end) }
        return chunks
    }

    private func copy(_ source: UnsafePointer<Float>, head: Int, place: Int) {
        for panel in 0..<valuePanels {
            let target = values + ((head * valuePanels + panel) * paddedTokens + place) * Self.panel
            let count = min(Self.panel, headSize - panel * Self.panel)
            target.update(from: source + panel * Self.panel, count: count)
            if count < Self.panel { (target + count).update(repeating: 0, count: Self.panel - count) }
        }
    }
}
