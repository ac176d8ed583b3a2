import HTTPCore
import InferenceCore
import JSONCore

/// Cohere's `POST /v2/embed`.
struct CohereEmbedEndpoint: Sendable {
    /// Embeds.
    let runner: EmbeddingRunner

    /// Decodes, embeds, encodes.
    func answer(_ request: Request, _ key: APIKey?) async throws(APIError) -> Answer {
        let wanted = try CohereEmbedRequest(body: request.body)
        let run = try await runner.run(wanted.embeddings, as: request, for: key)
        return run.answer(Self.encode(run, wanted, id: request.id))
    }

    private static func encode(_ run: EmbeddingRun, _ wanted: CohereEmbedRequest, id: RequestID) -> [UInt8] {
        var writer = JSONWriter(capacity: run.result.estimatedBodySize)
        writer.object {
            $0.key("id")
            $0.value(id.rawValue)
            $0.key("embeddings")
            $0.object {
                for type in wanted.types {
                    $0.key(type.rawValue)
                    $0.array { for vector in run.result.vectors { $0.value(vector, type.format) } }
                }
            }
            $0.key("texts")
            $0.array { for text in wanted.texts { $0.value(text) } }
            $0.key("meta")
            $0.object { writeMeta(run, to: &$0) }
            $0.key("response_type")
            $0.value("embeddings_by_type")
        }
        return writer.bytes
    }

    private static func writeMeta(_ run: EmbeddingRun, to writer: inout JSONWriter) {
        writer.key("api_version")
        writer.object {
            $0.key("version")
            $0.value("2")
        }
        writer.key("billed_units")
        writer.object {
            $0.key("input_tokens")
            $0.value(run.result.totalTokens)
        }
        let cut = TruncatedInputs(run.result.truncated)
        guard !cut.indices.isEmpty else { return }
        writer.key("warnings")
        writer.array { for index in cut.indices { $0.value("texts[\(index)] was truncated") } }
    }
}
