import InferenceCore

/// A model of an engine, as the endpoints see it.
struct LoadedModel: EmbeddingBackend {
    /// The checkpoint in memory.
    let model: EmbeddingModel
    /// What runs it.
    let engine: EmbeddingEngine

    var description: ModelDescription { model.description }

    var encoder: TextEncoder { model.encoder }

    var computePath: ComputePath {
        ComputePath(backend: model.backend, kernels: EmbeddingEngine.kernelName, threads: engine.threadCount)
    }

    func adapterName(for task: EmbeddingTask?) -> String? { model.adapterName(for: task) }

    func tokenizing<Value: Sendable>(
        octets: Int,
        _ body: @escaping @Sendable (TextEncoder) -> Value
    ) async -> Value {
        let encoder = encoder
        return await engine.tokenizing(octets: octets) { body(encoder) }
    }

    func embed(_ request: EmbeddingWork) async throws(EmbeddingError) -> EmbeddingResult {
        try await engine.embed(request, with: model)
    }

    func decodeCL100K(_ ids: [Int32]) throws(CL100KError) -> String {
        try model.encoder.tokenizer.decodeCL100K(ids)
    }
}
