import InferenceCore

/// A model of an engine, as the endpoints see it.
struct LoadedModel: EmbeddingBackend {
    /// The checkpoint in memory.
    let model: EmbeddingModel
    /// What runs it.
    let engine: EmbeddingEngine

    var description: ModelDescription { model.description }

    func embed(_ request: EmbeddingRequest) async throws(EmbeddingError) -> EmbeddingResult {
        try await engine.embed(request, with: model)
    }

    func text(cl100k ids: [Int32]) -> String? {
        nil
    }
}
