import HTTPCore
import HTTPTypes

/// `POST /v1/embeddings`, in the fields of Jina, OpenAI and Voyage at once.
struct EmbeddingsEndpoint: Sendable {
    /// Embeds.
    let runner: EmbeddingRunner

    /// Decodes and embeds; the answer is encoded as the client takes it.
    func answer(_ request: Request, _ key: APIKey?) async throws(APIError) -> Answer {
        let run = try await runner.run(EmbeddingsRequest(body: request.body), as: request, for: key)
        let elapsed = ContinuousClock.now - request.receivedAt
        return run.answer(EmbeddingsResponse(run).body, fields: [.processingTime: String(elapsed.wholeMilliseconds)])
    }
}
