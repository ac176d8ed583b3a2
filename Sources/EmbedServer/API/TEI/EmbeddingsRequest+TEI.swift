import InferenceCore
import JSONCore

extension EmbeddingsRequest {
    /// Reads the options that routes of text-embeddings-inference share, as members of the body or of `parameters`.
    ///
    /// - Parameter model: an addition of ours, where several models are served.
    init(tei fields: RequestFields, input: Input, model: String?) throws(APIError) {
        self.init(input: input)
        names = FieldNames(input: "inputs", task: "prompt_name")
        self.model = model
        task = try fields.task(["prompt_name"])
        truncate = try fields.flag(["truncate"]) ?? true
        if let field = fields.first(["truncation_direction"]), field.value.string?.lowercased() != "right" {
            throw .unsupported(field.name, "\(field.name) should be right: this server cuts nowhere else.")
        }
    }
}

extension EmbeddingsRequest.Input {
    /// Reads `inputs`: a text, the ids of one text, or a list of both, the ids being the model's own.
    init(tei fields: RequestFields) throws(APIError) {
        guard let field = fields.first(["inputs"]) else {
            throw .invalid("inputs", type: "missing", "`inputs` is missing")
        }
        if let text = field.value.string {
            self = .texts([text])
        } else if let items = field.value.array, items.first?.integer != nil {
            self = .mixed([.tokens(try Self.ids(items, at: field.name))])
        } else {
            let inputs = try RequestFields.list(field, of: "strings") { item, place throws(APIError) in
                if let text = item.string { return EmbeddingInput.text(text) }
                return .tokens(try Self.idList(item, at: place))
            }
            if inputs.isEmpty { throw .invalid("inputs", type: "too_short", "`inputs` cannot be empty") }
            self = .mixed(inputs)
        }
    }
}
