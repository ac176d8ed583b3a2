/// What comes of an input.
public enum EmbeddingOutput: Sendable, Hashable {
    /// One vector, `[hidden]`, pooled as the checkpoint says.
    case pooled
    /// The last hidden state of every token, special ones too, behind the final normalisation: `[tokens, hidden]`.
    case tokens
}
