import InferenceCore

/// One input of a request, as far as the tokenizer takes it.
struct ExplainedInput: Sendable {
    /// Prompt and text; `nil` where the input is ids of the model's own.
    var text: String?
    /// The tokens that would run.
    var tokens: [Token]
    /// Whether there are more of them than the limit allows.
    var isOverLimit: Bool

    /// Tokenizes an input.
    init(
        _ input: EmbeddingInput,
        task: EmbeddingTask?,
        limit: Int,
        _ encoder: TextEncoder,
        _ cancellation: Cancellation
    ) {
        switch input {
        case .text(let content):
            let text = encoder.prompt(for: task) + content
            self.text = text
            (tokens, isOverLimit) = encoder.tokenizer.tokens(of: text, limit: limit, cancellation: cancellation)
        case .tokens(let ids):
            tokens = ids.prefix(limit).map { Token(id: $0, piece: encoder.tokenizer.piece($0) ?? "") }
            isOverLimit = ids.count > limit
        }
    }
}
