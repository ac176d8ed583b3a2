import InferenceCore

/// What the endpoints need of a loaded model; tests put a fake in its place.
protocol EmbeddingBackend: Sendable {
    /// Facts about the model.
    var description: ModelDescription { get }

    /// Embeds the inputs of a request.
    func embed(_ request: EmbeddingRequest) async throws(EmbeddingError) -> EmbeddingResult

    /// The text that ids of OpenAI's cl100k_base stand for.
    func decodeCL100K(_ ids: [Int32]) throws(CL100KError) -> String
}
