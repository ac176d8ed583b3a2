import HTTPCore
import InferenceCore
import JSONCore

/// What Gemini's `:embedContent` and `:batchEmbedContents` ask for.
struct GeminiEmbedRequest {
    /// What to embed, in the terms of every dialect.
    let embeddings: EmbeddingsRequest
    /// Whether the answer is a list.
    let isBatch: Bool

    /// Reads a body.
    ///
    /// - Parameter target: the last part of the path, model and method: `text-embedding-004:embedContent`.
    init(target: String, body: [UInt8]) throws(APIError) {
        let parts = target.split(separator: ":").map(String.init)
        let model = parts.dropLast().joined(separator: ":")
        let fields = try RequestFields(body: body)
        switch parts.last {
        case "embedContent" where parts.count > 1:
            isBatch = false
            embeddings = try Self.request([try GeminiContent(fields, model: model)], model: model, names: Self.single)
        case "batchEmbedContents" where parts.count > 1:
            isBatch = true
            guard let field = fields.first(["requests"]) else {
                throw .invalid("requests", type: "missing", "requests is missing: send a list of objects.")
            }
            let contents = try RequestFields.list(field, of: "objects") { value, place throws(APIError) in
                guard let object = value.object else {
                    throw .invalid(place, type: "dict_type", input: value, "\(place) should be an object.")
                }
                return try GeminiContent(RequestFields(object, place: place + "."), model: model)
            }
            embeddings = try Self.request(contents, model: model, names: Self.batch)
        default:
            throw APIError(.notFound(path: target))
        }
    }

    private static let single = FieldNames(input: "content", task: "taskType", dimensions: "outputDimensionality")
    private static let batch = FieldNames(input: "requests", task: "taskType", dimensions: "outputDimensionality")

    private static func request(
        _ contents: [GeminiContent],
        model: String,
        names: FieldNames
    ) throws(APIError) -> EmbeddingsRequest {
        guard let first = contents.first else {
            throw .invalid("requests", type: "too_short", "requests should hold at least one object.")
        }
        for (index, content) in contents.enumerated() where !content.hasOptions(of: first) {
            throw .unsupported(
                "requests[\(index)]",
                "requests[\(index)] differs from the first: taskType and outputDimensionality must be those of all."
            )
        }
        var request = EmbeddingsRequest(input: .texts(contents.map(\.text)))
        request.names = names
        request.model = model
        request.task = first.task
        request.dimensions = first.dimensions
        request.truncate = first.truncates
        return request
    }
}

/// One content to embed, with its options.
private struct GeminiContent {
    let text: String
    let task: EmbeddingTask?
    let dimensions: Int?
    let truncates: Bool

    init(_ fields: RequestFields, model: String) throws(APIError) {
        guard let parts = try fields.fields("content")?.first(["parts"]) else {
            let place = fields.name("content.parts")
            throw .invalid(place, type: "missing", "\(place) is missing: send a list with one text.")
        }
        let texts = try RequestFields.list(parts, of: "objects") { part, place throws(APIError) in
            guard let text = part["text"]?.string else {
                throw .unsupported(place, "\(place) should have a text: the models of this server are text-only.")
            }
            return text
        }
        guard texts.count == 1, let text = texts.first else {
            throw .unsupported(parts.name, "\(parts.name) should hold one part: each content gets one vector.")
        }
        self.text = text
        if let name = try fields.text(["model"]), name != model, name != "models/" + model {
            let place = fields.name("model")
            throw .invalid(place, type: "value_error", input: .string(name), "\(place) is not that of the path.")
        }
        if let title = try fields.text(["title"]), !title.isEmpty {
            throw .unsupported(fields.name("title"), "title is not supported: put it in front of the text.")
        }
        task = try fields.task(["taskType", "task_type"], words: TaskName.gemini)
        dimensions = try fields.count(["outputDimensionality", "output_dimensionality"])
        truncates = try fields.flag(["autoTruncate"]) ?? true
    }

    func hasOptions(of other: GeminiContent) -> Bool {
        task == other.task && dimensions == other.dimensions && truncates == other.truncates
    }
}
