/// Turns texts into the ids a checkpoint was trained on: the task's prompt, the text, special tokens.
///
/// Reads `config.json`, `tokenizer.json` and `config_sentence_transformers.json`, not the weights.
public struct TextEncoder: Sendable {
    /// The vocabulary and its rules.
    public let tokenizer: Tokenizer
    /// The task of a text whose sender names none: text matching where the checkpoint has an adapter for it, as the
    /// hosted jina-embeddings-v5 has it; `nil` where tasks mean nothing to the checkpoint, or no default is known.
    public let defaultTask: EmbeddingTask?
    private let prompts: [String: String]
    private let defaultPrompt: String

    /// Reads the tokenizer and the prompts of the checkpoint in `directory`.
    public init(directory: String) throws(CheckpointError) {
        try self.init(
            directory: directory,
            configuration: JSONFile(path: directory + "/config.json"),
            layout: SentenceTransformersLayout.read(directory: directory)
        )
    }

    init(directory: String, configuration: JSONFile, layout: SentenceTransformersLayout?) throws(CheckpointError) {
        tokenizer = try Tokenizer(file: directory + "/tokenizer.json")
        prompts = layout?.prompts ?? [:]
        defaultPrompt = layout?.defaultPrompt.flatMap { layout?.prompts[$0] } ?? ""
        let adapters = configuration.strings("task_names")
        defaultTask = adapters.contains(EmbeddingTask.textMatching.adapterName) ? .textMatching : nil
    }

    /// What is put in front of a text; `nil`: as for a text whose sender names no task.
    public func prompt(for task: EmbeddingTask?) -> String {
        (task ?? defaultTask).map { prompts[$0.promptName] ?? "" } ?? defaultPrompt
    }

    /// The ids of a text.
    ///
    /// Prompt and text are tokenized as one string, as sentence-transformers does.
    ///
    /// - Parameters:
    ///   - task: whose prompt to put in front, where the checkpoint has one for it; `nil`: the default task's, else
    ///     the checkpoint's default prompt.
    ///   - limit: the most ids, special tokens included; a longer text is cut, which the result says. The cost is
    ///     that of the ids kept, not of the text.
    public func encode(_ text: String, task: EmbeddingTask?, limit: Int? = nil) -> Encoding {
        let prompt = prompt(for: task)
        return tokenizer.encode(prompt.isEmpty ? text : prompt + text, limit: limit)
    }
}
