/// A checkpoint in memory: tokenizer, weights, pooling, prompts.
public final class EmbeddingModel: Sendable {
    /// What the model is.
    public let description: ModelDescription

    /// Maps and checks a checkpoint in sentence-transformers layout.
    ///
    /// - Parameters:
    ///   - directory: the folder that holds `config.json`, `tokenizer.json` and `model.safetensors`.
    ///   - id: the name to serve it under.
    public init(directory: String, id: String) throws(CheckpointError) {
        throw CheckpointError(file: directory, reason: "not implemented")
    }
}
