import HTTPCore
import InferenceCore
import JSONCore

/// Gemini's `POST /v1beta/models/{model}:embedContent` and `:batchEmbedContents`, also under `/v1`.
struct GeminiEmbedEndpoint: Sendable {
    /// Embeds.
    let runner: EmbeddingRunner

    /// Decodes and embeds; the answer is encoded as the client takes it.
    func answer(_ request: Request, _ key: APIKey?) async throws(APIError) -> Answer {
        let wanted = try GeminiEmbedRequest(target: request.pathParameters["id"] ?? "", body: request.body)
        let run = try await runner.run(wanted.embeddings, as: request, for: key)
        let result = run.result
        let isBatch = wanted.isBatch
        let body = JSONStream(
            count: isBatch ? result.vectors.count : 1,
            heldBytes: result.vectorBytes,
            estimatedBytes: result.estimatedBytes(),
            begin: {
                $0.beginObject()
                $0.key(isBatch ? "embeddings" : "embedding")
                if isBatch { $0.beginArray() }
            },
            unit: { index, writer in
                writer.object {
                    $0.key("values")
                    $0.value(result.vectors[index])
                }
            },
            end: {
                if isBatch { $0.endArray() }
                $0.key("usageMetadata")
                $0.object {
                    $0.key("promptTokenCount")
                    $0.value(result.totalTokens)
                }
                $0.endObject()
            }
        )
        return run.answer(body)
    }
}
