import InferenceCore
import JSONCore

/// The body of Cohere's `POST /v2/embed`.
struct CohereEmbedRequest {
    /// What to embed, in the terms of every dialect.
    var embeddings: EmbeddingsRequest
    /// The texts, which the answer repeats.
    let texts: [String]
    /// The forms of the vectors, each once.
    let types: [CohereEmbeddingType]

    /// Reads a body.
    init(body: [UInt8]) throws(APIError) {
        let fields = try RequestFields(body: body)
        texts = try Self.texts(fields)
        types = try Self.types(fields)
        embeddings = EmbeddingsRequest(input: .texts(texts))
        embeddings.names = FieldNames(input: "texts", task: "input_type", dimensions: "output_dimension")
        embeddings.model = try fields.text(["model"])
        guard fields.first(["input_type"]) != nil else {
            throw .invalid("input_type", type: "missing", "input_type is missing: send one of \(TaskName.cohere).")
        }
        embeddings.task = try fields.task(["input_type"], words: TaskName.cohere)
        embeddings.dimensions = try fields.count(["output_dimension"])
        embeddings.maximumTokens = try fields.count(["max_tokens"])
        embeddings.truncate = try Self.truncates(fields)
        // 0 is the default, and the highest: whoever says less can wait.
        if let field = fields.first(["priority"]), field.value.integer != 0 {
            guard field.value.integer ?? -1 > 0 else {
                throw .invalid("priority", type: "int_parsing", input: field.value, "priority should be 0 or more.")
            }
            embeddings.priority = .bulk
        }
    }

    /// `texts`, or the `inputs` that hold texts only.
    private static func texts(_ fields: RequestFields) throws(APIError) -> [String] {
        if let field = fields.first(["images"]) {
            throw .unsupported(field.name, "images are not supported: the models of this server are text-only.")
        }
        let texts: [String]
        if let list = try fields.texts(["texts"]) {
            texts = list
        } else if let field = fields.first(["inputs"]) {
            texts = try RequestFields.list(field, of: "objects", Self.text)
        } else {
            throw .invalid("texts", type: "missing", "texts is missing: send a list of strings.")
        }
        if texts.isEmpty { throw .invalid("texts", type: "too_short", "texts should hold at least one string.") }
        return texts
    }

    /// One of the `inputs`: an object whose content is one text.
    private static func text(_ value: JSONValue, at place: String) throws(APIError) -> String {
        guard let content = value["content"]?.array, content.count == 1, let text = content[0]["text"]?.string else {
            throw .unsupported(place, "\(place) should have one content of type text: the models are text-only.")
        }
        return text
    }

    private static func types(_ fields: RequestFields) throws(APIError) -> [CohereEmbeddingType] {
        guard let field = fields.first(["embedding_types"]) else { return [.float] }
        let types: [CohereEmbeddingType] = try RequestFields.list(field, of: "types", RequestFields.choice)
        let wanted = Set(types)
        return wanted.isEmpty ? [.float] : CohereEmbeddingType.allCases.filter(wanted.contains)
    }

    private static func truncates(_ fields: RequestFields) throws(APIError) -> Bool {
        guard let field = fields.first(["truncate"]) else { return true }
        switch field.value.string {
        case "END": return true
        case "NONE": return false
        case "START": throw .unsupported("truncate", "truncate START is not supported by this server: use END or NONE.")
        default:
            throw .invalid("truncate", type: "enum", input: field.value, "truncate should be one of NONE, END.")
        }
    }
}

/// A form of vectors that Cohere's clients may ask for, in the order of the answer.
enum CohereEmbeddingType: String, CaseIterable {
    case float, int8, uint8, binary, ubinary, base64

    /// How it is written.
    var format: OutputFormat {
        switch self {
        case .float: .standard
        case .int8: OutputFormat(numbers: .int8, wire: .list)
        case .uint8: OutputFormat(numbers: .uint8, wire: .list)
        case .binary: OutputFormat(numbers: .binary, wire: .list)
        case .ubinary: OutputFormat(numbers: .ubinary, wire: .list)
        case .base64: OutputFormat(numbers: .float, wire: .base64)
        }
    }
}
