import HTTPCore
import InferenceCore
import JSONCore

/// Gemini's `POST /v1beta/models/{model}:embedContent` and `:batchEmbedContents`, also under `/v1`.
struct GeminiEmbedEndpoint: Sendable {
    /// Embeds.
    let runner: EmbeddingRunner

    /// Decodes, embeds, encodes.
    func answer(_ request: Request, _ key: APIKey?) async throws(APIError) -> Answer {
        let wanted = try GeminiEmbedRequest(target: request.pathParameters["id"] ?? "", body: request.body)
        let run = try await runner.run(wanted.embeddings, as: request, for: key)
        var writer = JSONWriter(capacity: run.result.estimatedBodySize)
        writer.object {
            if wanted.isBatch {
                $0.key("embeddings")
                $0.array { for vector in run.result.vectors { Self.write(vector, to: &$0) } }
            } else {
                $0.key("embedding")
                Self.write(run.result.vectors[0], to: &$0)
            }
            $0.key("usageMetadata")
            $0.object {
                $0.key("promptTokenCount")
                $0.value(run.result.totalTokens)
            }
        }
        return run.answer(writer.bytes)
    }

    private static func write(_ vector: [Float], to writer: inout JSONWriter) {
        writer.object {
            $0.key("values")
            $0.value(vector)
        }
    }
}
