/// Everything the output of a row depends on.
///
/// Two rows with equal keys have the same output, bit for bit.
///
/// The prompt and the text are in the ids. Dimensions, number format and normalisation are applied to the vector later,
/// so requests that differ only in those share it.
struct RowKey: Sendable, Hashable {
    /// Which model it runs on.
    let model: Int
    /// Which of the model's adapters; `nil`: none.
    let adapter: Int?
    /// Its ids; at least one.
    let tokens: [Int32]
    /// What it gives.
    let output: EmbeddingOutput
    /// What it takes to compute, in tokens of short rows (`ForwardCost.work`).
    ///
    /// Follows from model and tokens.
    let work: Int
    /// Among whom the output is shared; `nil`: among all.
    var scope: String?

    /// Hashes the ids in one go: they are thousands.
    func hash(into hasher: inout Hasher) {
        hasher.combine(model)
        hasher.combine(adapter)
        hasher.combine(scope)
        tokens.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}
