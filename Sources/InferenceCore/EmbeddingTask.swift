/// What an embedding is for: decides the adapter and the prompt of a model that has them.
///
/// The raw values are those of the hosted Jina API.
public enum EmbeddingTask: String, Sendable, CaseIterable {
    /// A search query.
    case retrievalQuery = "retrieval.query"
    /// A passage that queries are to find.
    case retrievalPassage = "retrieval.passage"
    /// Symmetric similarity of two texts.
    case textMatching = "text-matching"
    /// Grouping of texts.
    case clustering
    /// Features of a classifier.
    case classification

    /// The name of the adapter that serves the task: both retrieval tasks share one.
    public var adapterName: String {
        switch self {
        case .retrievalQuery, .retrievalPassage: "retrieval"
        case .textMatching, .clustering, .classification: rawValue
        }
    }

    /// The prompt's name in `config_sentence_transformers.json`: queries have their own.
    public var promptName: String {
        self == .retrievalQuery ? "query" : "document"
    }
}
