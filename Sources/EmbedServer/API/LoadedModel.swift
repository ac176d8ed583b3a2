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

    func decodeCL100K(_ ids: [Int32]) throws(CL100KError) -> String {
        try model.encoder.tokenizer.decodeCL100K(ids)
    }
}
