/// The rows of one forward pass, laid end to end without padding.
struct PackedStep: Sendable {
    /// The ids of all rows, one after the other.
    private(set) var ids: [Int32] = []
    /// The extent of each row in `ids`.
    private(set) var sequences: [Range<Int>] = []

    /// Adds a row at the end. Rows have at least one token.
    mutating func append(_ row: [Int32]) {
        precondition(!row.isEmpty, "a row needs a token")
        sequences.append(ids.count..<ids.count + row.count)
        ids.append(contentsOf: row)
    }

    /// Tokens of all rows.
    var tokenCount: Int { ids.count }
}
