import InferenceCore

/// The words clients use for a task.
enum TaskName {
    /// The task a word stands for, in whichever field it came; `nil` for a word nobody uses.
    static func task(_ name: String) -> EmbeddingTask? {
        EmbeddingTask(rawValue: name) ?? aliases[name]
    }

    /// The words of the Jina API, for error messages.
    static let canonical = EmbeddingTask.allCases.map(\.rawValue).joined(separator: ", ")

    /// The words of Cohere's `input_type`, for error messages.
    static let cohere = "search_query, search_document, classification, clustering"

    /// The words of Gemini's `taskType`, for error messages.
    static let gemini = """
        RETRIEVAL_QUERY, RETRIEVAL_DOCUMENT, SEMANTIC_SIMILARITY, CLASSIFICATION, CLUSTERING, QUESTION_ANSWERING, \
        FACT_VERIFICATION, CODE_RETRIEVAL_QUERY
        """

    /// What Gemini's clients send for no task.
    static let unspecified = "TASK_TYPE_UNSPECIFIED"

    private static let aliases: [String: EmbeddingTask] = [
        // Short forms of Jina's own tools; v3 called clustering `separation`, and Elasticsearch still does.
        "retrieval": .retrievalPassage,
        "query": .retrievalQuery,
        "document": .retrievalPassage,
        "passage": .retrievalPassage,
        "separation": .clustering,
        // Cohere's `input_type`.
        "search_query": .retrievalQuery,
        "search_document": .retrievalPassage,
        // Gemini's `taskType`.
        "RETRIEVAL_QUERY": .retrievalQuery,
        "RETRIEVAL_DOCUMENT": .retrievalPassage,
        "QUESTION_ANSWERING": .retrievalQuery,
        "FACT_VERIFICATION": .retrievalQuery,
        "CODE_RETRIEVAL_QUERY": .retrievalQuery,
        "SEMANTIC_SIMILARITY": .textMatching,
        "CLASSIFICATION": .classification,
        "CLUSTERING": .clustering,
    ]
}
