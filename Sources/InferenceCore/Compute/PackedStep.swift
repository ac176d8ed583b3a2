/// The rows of one forward pass, laid end to end without padding.
struct PackedStep: Sendable {
    /// The ids of all rows, one after the other.
    private(set) var ids: [Int32] = []
    /// The extent of each row in `ids`.
    private(set) var sequences: [Range<Int>] = []
    /// The adapter of each row; `nil`: the base model alone.
    private(set) var adapters: [Int?] = []
    /// What each row gives.
    private(set) var outputs: [EmbeddingOutput] = []

    /// Adds a row at the end.
    ///
    /// Rows have at least one token. Rows of one adapter next to each other share its products; nothing else depends on the order.
    mutating func append(_ row: [Int32], adapter: Int? = nil, output: EmbeddingOutput = .pooled) {
        precondition(!row.isEmpty, "a row needs a token")
        sequences.append(ids.count..<ids.count + row.count)
        adapters.append(adapter)
        outputs.append(output)
        ids.append(contentsOf: row)
    }

    /// Tokens of all rows.
    var tokenCount: Int { ids.count }

    /// Each token's place in its own row.
    var positions: [Int] {
        sequences.flatMap { 0..<$0.count }
    }

    /// The tokens of `range` by adapter, counted from its start.
    func segments(in range: Range<Int>) -> [AdapterSegment] {
        var segments: [AdapterSegment] = []
        for (sequence, adapter) in zip(sequences, adapters) {
            let part = sequence.clamped(to: range)
            guard !part.isEmpty else { continue }
            let rows = part.lowerBound - range.lowerBound..<part.upperBound - range.lowerBound
            Self.extend(&segments, by: rows, adapter)
        }
        return segments
    }

    /// The rows of the step by adapter: for what is computed once per row.
    var rowSegments: [AdapterSegment] {
        var segments: [AdapterSegment] = []
        for (row, adapter) in adapters.enumerated() { Self.extend(&segments, by: row..<row + 1, adapter) }
        return segments
    }

    private static func extend(_ segments: inout [AdapterSegment], by rows: Range<Int>, _ adapter: Int?) {
        if let last = segments.last, last.adapter == adapter {
            segments[segments.count - 1].rows = last.rows.lowerBound..<rows.upperBound
        } else {
            segments.append(AdapterSegment(rows: rows, adapter: adapter))
        }
    }
}
