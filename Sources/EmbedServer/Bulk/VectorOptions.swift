import InferenceCore

/// What is asked of the vectors of all texts of a command.
struct VectorOptions: Sendable, Equatable {
    /// A checkpoint's folder or a model's name; `nil`: the only model of a server.
    var model: String?
    /// What the vectors are for; `nil`: the model's own choice.
    var task: EmbeddingTask?
    /// How many leading values to keep; `nil`: all.
    var dimensions: Int?
    /// Whether texts over the model's limit are cut.
    var truncate = true
}
