import InferenceCore

/// One model to serve.
struct ModelSettings: Sendable, Equatable {
    /// The name clients ask for.
    var id: String
    /// The folder of the checkpoint; `nil` is `$EMBED_HOME/models/<id>`.
    var path: String?
    /// Further names for it, such as `text-embedding-3-small`.
    var aliases: [ModelAlias] = []
    /// The task of requests that name none; `nil` leaves it to the model.
    var defaultTask: EmbeddingTask?
    /// The length of vectors for requests that name none; `nil` is the model's own.
    var defaultDimensions: Int?
    /// What token ids in a request mean.
    var tokenInput = TokenInput.cl100kBase

    /// The model that is served where none is configured: small, and good enough to try everything.
    static let standard = ModelSettings(
        id: "all-MiniLM-L6-v2",
        aliases: ["sentence-transformers/all-MiniLM-L6-v2"]
    )
}

/// What token ids in a request mean.
enum TokenInput: String, Sendable, CaseIterable {
    /// Ids of OpenAI's cl100k_base, as LangChain sends them: turned into text, then embedded like text.
    case cl100kBase = "cl100k_base"
    /// Ids of the model's own vocabulary, used as they are.
    case model
    /// Nothing: such requests are refused.
    case reject
}
