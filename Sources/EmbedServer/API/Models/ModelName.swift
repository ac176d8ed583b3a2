import InferenceCore

/// The names under which Jina publishes its models.
enum ModelName {
    /// The name without the publisher: model hubs, OpenRouter and litellm put one in front, each in its own spelling.
    static func withoutPublisher(_ name: String) -> String {
        for publisher in ["jinaai/", "jina-ai/", "jina_ai/"] where name.hasPrefix(publisher) {
            return String(name.dropFirst(publisher.count))
        }
        return name
    }

    /// The model and the task behind a published name that is not the model's own.
    ///
    /// `jina-embeddings-v5-nano` is what jina-cli says; `jina-embeddings-v5-text-nano-clustering` is a checkpoint with
    /// one adapter merged into it, which the model with all its adapters replaces.
    static func published(_ name: String) -> (name: String, task: EmbeddingTask?)? {
        for size in ["nano", "small"] {
            let model = "jina-embeddings-v5-text-\(size)"
            if name == "jina-embeddings-v5-\(size)" { return (model, nil) }
            for adapter in ["retrieval", "text-matching", "clustering", "classification"]
            where name == "\(model)-\(adapter)" {
                return (model, TaskName.task(adapter))
            }
        }
        return nil
    }
}
