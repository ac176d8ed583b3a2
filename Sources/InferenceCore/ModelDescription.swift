/// What a loaded model is: facts for its users, none of them secret.
public struct ModelDescription: Sendable, Equatable {
    /// The name it is served under.
    public var id: String
    /// The backbone, as `config.json` names it (`model_type`): `bert`, `qwen3`, ...
    public var architecture: String
    /// Values of a full vector.
    public var dimensions: Int
    /// Whether shorter vectors are meaningful (Matryoshka): `dimensions` may then be any of 1...native.
    public var supportsDimensions: Bool
    /// The most tokens of one input, prompt and special tokens included.
    public var maximumTokens: Int
    /// The tasks the model tells apart; empty where it has neither adapters nor prompts.
    public var tasks: [EmbeddingTask]
    /// The number of weights.
    public var parameterCount: Int
    /// How the weights are stored: `F32`, `BF16`, ...
    public var weightType: String
    /// The number of ids in the vocabulary.
    public var vocabularySize: Int
    /// Whether ids of OpenAI's cl100k_base can be turned into text from the model's own vocabulary.
    public var decodesCL100K: Bool
    /// How the vectors of the tokens become that of the text: `mean`, `cls` or `last_token`.
    public var pooling: String
}
