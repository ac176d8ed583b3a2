import HTTPCore
import InferenceCore
import JSONCore

/// Cohere's `POST /v2/embed`.
struct CohereEmbedEndpoint: Sendable {
    /// Embeds.
    let runner: EmbeddingRunner

    /// Decodes and embeds; the answer is encoded as the client takes it.
    func answer(_ request: Request, _ key: APIKey?) async throws(APIError) -> Answer {
        let wanted = try CohereEmbedRequest(body: request.body)
        let run = try await runner.run(wanted.embeddings, as: request, for: key)
        return run.answer(Self.body(run.result, wanted, id: request.id))
    }

    private static func body(_ result: EmbeddingResult, _ wanted: CohereEmbedRequest, id: RequestID) -> JSONStream {
        let (types, texts) = (wanted.types, wanted.texts)
        // The vectors in each form, and the texts behind them.
        let units = ListUnits(types.map { _ in result.vectors.count } + [texts.count])
        let textBytes = texts.reduce(0) { $0 + $1.utf8.count + 32 }
        return JSONStream(
            count: units.count,
            heldBytes: result.vectorBytes + textBytes,
            estimatedBytes: textBytes + types.reduce(0) { $0 + result.estimatedBytes($1.format) },
            begin: {
                $0.beginObject()
                $0.key("id")
                $0.value(id.rawValue)
                $0.key("embeddings")
                $0.beginObject()
            },
            unit: { unit, writer in
                switch units[unit] {
                case .open(types.count):
                    writer.endObject()
                    writer.key("texts")
                    writer.beginArray()
                case .open(let type):
                    writer.key(types[type].rawValue)
                    writer.beginArray()
                case .item(let text, types.count): writer.value(texts[text])
                case .item(let vector, let type): writer.value(result.vectors[vector], types[type].format)
                case .close: writer.endArray()
                }
            },
            end: {
                $0.key("meta")
                $0.object { writeMeta(result, to: &$0) }
                $0.key("response_type")
                $0.value("embeddings_by_type")
                $0.endObject()
            }
        )
    }

    private static func writeMeta(_ result: EmbeddingResult, to writer: inout JSONWriter) {
        writer.key("api_version")
        writer.object {
            $0.key("version")
            $0.value("2")
        }
        writer.key("billed_units")
        writer.object {
            $0.key("input_tokens")
            $0.value(result.totalTokens)
        }
        let cut = TruncatedInputs(result.truncated)
        guard !cut.indices.isEmpty else { return }
        writer.key("warnings")
        writer.array { for index in cut.indices { $0.value("texts[\(index)] was truncated") } }
    }
}
