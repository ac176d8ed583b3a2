import InferenceCore
import JSONCore

/// The body of a successful `POST /v1/embeddings`.
struct EmbeddingsResponse: Sendable {
    /// The vectors and their cost.
    var result: EmbeddingResult
    /// The name the client asked for, or the model's own.
    var model: String
    /// How vectors are written.
    var format: OutputFormat
    /// Whether each item says if its input was cut.
    var reportsTruncation = false

    /// The body with its members in OpenAI's order; parsers that stop early need `data` in front of `usage`.
    var body: JSONStream {
        JSONStream(
            count: result.vectors.count,
            heldBytes: result.vectorBytes,
            estimatedBytes: result.estimatedBytes(format),
            begin: {
                $0.beginObject()
                $0.key("object")
                $0.value("list")
                $0.key("data")
                $0.beginArray()
            },
            unit: { write($0, to: &$1) },
            end: {
                $0.endArray()
                $0.key("model")
                $0.value(model)
                $0.key("usage")
                $0.object {
                    $0.key("prompt_tokens")
                    $0.value(result.totalTokens)
                    $0.key("total_tokens")
                    $0.value(result.totalTokens)
                }
                $0.endObject()
            }
        )
    }

    private func write(_ index: Int, to writer: inout JSONWriter) {
        writer.object {
            $0.key("object")
            $0.value("embedding")
            $0.key("index")
            $0.value(index)
            $0.key("embedding")
            if let failure = result.failures[index] {
                $0.null()
                $0.key("error")
                write(APIError(failure, inputs: result.vectors.count), to: &$0)
            } else {
                $0.value(result.vectors[index], format)
            }
            if reportsTruncation {
                $0.key("truncated")
                $0.value(result.truncated[index])
            }
        }
    }

    /// Why an input of a partial answer has no vector.
    private func write(_ error: APIError, to writer: inout JSONWriter) {
        writer.object {
            $0.key("message")
            $0.value(error.message)
            $0.key("code")
            $0.value(error.code)
        }
    }
}

extension EmbeddingsResponse {
    /// The body that a request asked for.
    init(_ run: EmbeddingRun) {
        let request = run.plan.request
        self.init(result: run.result, model: run.modelName, format: request.format)
        reportsTruncation = request.reportsTruncation
    }
}
