import InferenceCore

/// What the endpoints need of a loaded model; tests put a fake in its place.
protocol EmbeddingBackend: Sendable {
    /// Facts about the model.
    var description: ModelDescription { get }

    /// Its tokenizer and prompts.
    var encoder: TextEncoder { get }
    /// What computes its vectors on this machine.
    var computePath: ComputePath { get }

    /// The adapter that embeds for a task; `nil` where the model has none.
    func adapterName(for task: EmbeddingTask?) -> String?

    /// Runs `body`, which tokenizes text of so many octets, where it keeps nobody waiting.
    func tokenizing<Value: Sendable>(
        octets: Int,
        _ body: @escaping @Sendable (TextEncoder) -> Value
    ) async -> Value

    /// Embeds the inputs of a request.
    func embed(_ request: EmbeddingWork) async throws(EmbeddingError) -> EmbeddingResult

    /// The text that ids of OpenAI's cl100k_base stand for.
    func decodeCL100K(_ ids: [Int32]) throws(CL100KError) -> String
}
