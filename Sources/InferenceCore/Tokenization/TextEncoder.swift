/// Turns texts into the ids a checkpoint was trained on: the task's prompt, the text, special tokens.
///
/// Reads `tokenizer.json` and `config_sentence_transformers.json`, not the weights.
public struct TextEncoder: Sendable {
    /// The vocabulary and its rules.
    public let tokenizer: Tokenizer
    private let prompts: [String: String]

    /// Reads the tokenizer and the prompts of the checkpoint in `directory`.
    public init(directory: String) throws(CheckpointError) {
        try self.init(directory: directory, layout: SentenceTransformersLayout.read(directory: directory))
    }

    init(directory: String, layout: SentenceTransformersLayout?) throws(CheckpointError) {
        tokenizer = try Tokenizer(file: directory + "/tokenizer.json")
        prompts = layout?.prompts ?? [:]
    }

    /// The ids of a text.
    ///
    /// Prompt and text are tokenized as one string, as sentence-transformers does.
    ///
    /// - Parameters:
    ///   - task: whose prompt to put in front, where the checkpoint has one for it; `nil`: none.
    ///   - limit: the most ids, special tokens included; a longer text is cut, which the result says. The cost is
    ///     that of the ids kept, not of the text.
    public func encode(_ text: String, task: EmbeddingTask?, limit: Int? = nil) -> Encoding {
        let prompt = task.flatMap { prompts[$0.promptName] } ?? ""
        return tokenizer.encode(prompt.isEmpty ? text : prompt + text, limit: limit)
    }
}
