/// What a dialect calls the fields that an error may be about.
struct FieldNames: Sendable, Equatable {
    /// The list of inputs, or the only one.
    var input = "input"
    /// The task.
    var task = "task"
    /// The length of the vectors.
    var dimensions = "dimensions"

    /// Those of `/v1/embeddings`.
    static let standard = FieldNames()

    /// How an error names one input: `input[3]`; just `input` where there is only one.
    func input(_ index: Int, of count: Int) -> String {
        count == 1 ? input : "\(input)[\(index)]"
    }
}
