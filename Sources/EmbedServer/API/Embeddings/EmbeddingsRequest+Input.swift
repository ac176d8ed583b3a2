import JSONCore

extension EmbeddingsRequest.Input {
    /// Reads `input`: one text, a list of texts, the ids of one text, or a list of such ids.
    init(_ fields: RequestFields) throws(APIError) {
        guard let field = fields.first(EmbeddingsRequest.MemberNames.input) else {
            throw .invalid("input", type: "missing", "input is missing: send a string or a list of strings.")
        }
        guard let items = field.value.array else {
            self = .texts([try Self.text(field.value, at: field.name)])
            return
        }
        guard let first = items.first else {
            throw .invalid(
                field.name,
                type: "too_short",
                "Input list cannot be empty. Provide at least one item."
            )
        }
        if first.integer != nil {
            self = .tokens([try Self.ids(items, at: field.name)])
            return
        }
        if first.array != nil {
            self = .tokens(try RequestFields.list(field, of: "lists of token ids", Self.idList))
        } else {
            self = .texts(try RequestFields.list(field, of: "strings", Self.text))
        }
    }

    private static func text(_ value: JSONValue, at place: String) throws(APIError) -> String {
        switch value {
        case .string(let text): return text
        case .object(let object):
            for kind in ["image", "audio", "video", "pdf", "image_url"] where object[kind]?.isNull == false {
                throw .unsupported(place, "\(place) holds '\(kind)': the models of this server are text-only.")
            }
            if let text = object["text"]?.string { return text }
            if object["content"] != nil {
                let advice = "send their text as one string"
                throw .unsupported(place, "\(place) holds 'content', several parts for one vector: \(advice).")
            }
            throw .invalid(place, type: "missing", "\(place) should have a member 'text' that is a string.")
        default:
            throw .invalid(
                place,
                type: "string_type",
                input: value,
                "\(place) should be a string; texts and token ids cannot be mixed."
            )
        }
    }

    /// A list of token ids, at least one.
    static func idList(_ value: JSONValue, at place: String) throws(APIError) -> [Int32] {
        guard let items = value.array else {
            throw .invalid(
                place,
                type: "list_type",
                input: value,
                "\(place) should be a list of token ids; texts and token ids cannot be mixed."
            )
        }
        if items.isEmpty { throw .invalid(place, type: "too_short", "\(place) holds no token ids.") }
        return try ids(items, at: place)
    }

    /// Token ids, none below zero.
    static func ids(_ items: [JSONValue], at place: String) throws(APIError) -> [Int32] {
        var ids: [Int32] = []
        ids.reserveCapacity(items.count)
        for (index, item) in items.enumerated() {
            guard let id = item.integer.flatMap(Int32.init(exactly:)), id >= 0 else {
                throw .invalid(
                    "\(place)[\(index)]",
                    type: "int_type",
                    input: item,
                    "\(place)[\(index)] should be a token id; texts and token ids cannot be mixed."
                )
            }
            ids.append(id)
        }
        return ids
    }
}
