import HTTPCore
import InferenceCore
import JSONCore

/// Ollama's `POST /api/embed`, and `POST /api/embeddings` before it.
struct OllamaEmbedEndpoint: Sendable {
    /// Embeds.
    let runner: EmbeddingRunner

    /// `POST /api/embed`: a list of vectors of length 1.
    func embed(_ request: Request, _ key: APIKey?) async throws(APIError) -> Answer {
        let fields = try RequestFields(body: request.body)
        let texts = try fields.texts(["input"]) ?? []
        var wanted = try Self.request(fields, texts, input: "input")
        wanted.dimensions = try fields.count(["dimensions"])
        // As in Ollama, no text is no vector, and no error.
        let isEmpty = texts.isEmpty || fields.first(["input"])?.value == .string("")
        let run = isEmpty ? nil : try await runner.run(wanted, as: request, for: key)
        if isEmpty { _ = try runner.plan(wanted, as: request, for: key) }
        let vectors = run?.result.vectors ?? []
        let (model, tokens) = (wanted.model, run?.result.totalTokens ?? 0)
        let elapsed = (ContinuousClock.now - request.receivedAt).nanoseconds
        let body = JSONStream(
            count: vectors.count,
            heldBytes: run?.result.vectorBytes ?? 0,
            estimatedBytes: run?.result.estimatedBytes() ?? 0,
            begin: {
                $0.beginObject()
                $0.key("model")
                $0.optional(model)
                $0.key("embeddings")
                $0.beginArray()
            },
            unit: { $1.value(vectors[$0]) },
            end: {
                $0.endArray()
                $0.key("total_duration")
                $0.value(elapsed)
                $0.key("load_duration")
                $0.value(0)
                $0.key("prompt_eval_count")
                $0.value(tokens)
                $0.endObject()
            }
        )
        return run?.answer(body) ?? Answer(.json(body))
    }

    /// `POST /api/embeddings`: one vector.
    func embedPrompt(_ request: Request, _ key: APIKey?) async throws(APIError) -> Answer {
        let fields = try RequestFields(body: request.body)
        let prompt = try fields.text(["prompt"]) ?? ""
        var wanted = try Self.request(fields, [prompt], input: "prompt")
        wanted.normalized = false
        let run = prompt.isEmpty ? nil : try await runner.run(wanted, as: request, for: key)
        if prompt.isEmpty { _ = try runner.plan(wanted, as: request, for: key) }
        let vector = run?.result.vectors.first ?? []
        let body = JSONStream(
            count: 1,
            heldBytes: run?.result.vectorBytes ?? 0,
            estimatedBytes: run?.result.estimatedBytes() ?? 0,
            begin: {
                $0.beginObject()
                $0.key("embedding")
            },
            unit: { $1.value(vector) },
            end: { $0.endObject() }
        )
        return run?.answer(body) ?? Answer(.json(body))
    }

    /// The members that both routes have.
    private static func request(
        _ fields: RequestFields,
        _ texts: [String],
        input: String
    ) throws(APIError) -> EmbeddingsRequest {
        var wanted = EmbeddingsRequest(input: .texts(texts))
        wanted.names = FieldNames(input: input, task: "model")
        wanted.model = try fields.text(["model"]).map(OllamaModelName.resolved)
        wanted.truncate = try fields.flag(["truncate"]) ?? true
        wanted.maximumTokens = try fields.fields("options")?.count(["num_ctx"])
        return wanted
    }
}

/// The names that Ollama's clients give models: with a tag, which is `latest` unless it says a task.
enum OllamaModelName {
    private static let tag = ":latest"

    /// The name without the tag that says nothing.
    static func resolved(_ name: String) -> String {
        name.hasSuffix(tag) ? String(name.dropLast(tag.count)) : name
    }

    /// The name with the tag that lists of models have.
    static func listed(_ id: String) -> String { id + tag }
}
