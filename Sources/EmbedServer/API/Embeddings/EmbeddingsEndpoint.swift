import HTTPCore
import HTTPTypes

/// `POST /v1/embeddings`, in the fields of Jina, OpenAI and Voyage at once.
struct EmbeddingsEndpoint: Sendable {
    /// Embeds.
    let runner: EmbeddingRunner

    /// Decodes, embeds, encodes.
    func answer(_ request: Request, _ key: APIKey?) async throws(APIError) -> Answer {
        let run = try await runner.run(EmbeddingsRequest(body: request.body), as: request, for: key)
        let body = EmbeddingsResponse(run).encoded()
        let elapsed = ContinuousClock.now - request.receivedAt
        return run.answer(body, fields: [.processingTime: String(elapsed.wholeMilliseconds)])
    }
}
