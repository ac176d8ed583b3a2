import InferenceCore
import JSONCore

extension EmbeddingsRequest {
    /// Reads a request body as leniently as the hosted APIs do: unknown members are ignored, `null` means absent, the
    /// neighbours' names for a field are understood, and its own name beats them.
    init(body: [UInt8]) throws(APIError) {
        let fields = try RequestFields(body: body)
        self.init(input: try Input(fields))
        for names in RequestFields.unsupported { try fields.refuse(names) }
        model = try fields.model()
        task = try fields.task()
        dimensions = try fields.dimensions()
        normalized = try fields.flag(RequestFields.normalized) ?? true
        truncate = try fields.flag(RequestFields.truncate) ?? false
        isPartial = try fields.flag(RequestFields.partial) ?? false
        format = OutputFormat(
            type: try fields.choice(RequestFields.type),
            numbers: try fields.choice(RequestFields.numbers),
            encoding: try fields.choice(RequestFields.encoding)
        )
    }
}

/// The members of a request body, looked up by any of their names.
struct RequestFields {
    private let object: JSONObject

    // The names of each member; an earlier one beats a later.
    static let input = ["input", "texts", "content"]
    static let model = ["model"]
    static let task = ["task", "task_type", "input_type"]
    static let dimensions = ["dimensions", "output_dimension", "output_dimensionality"]
    static let normalized = ["normalized"]
    static let truncate = ["truncate", "truncation"]
    static let partial = ["partial"]
    static let type = ["embedding_type", "encoding_type", "embedding_types"]
    static let numbers = ["output_dtype"]
    static let encoding = ["encoding_format"]
    static let unsupported = [["late_chunking"], ["return_multivector"]]

    /// Every name that means something.
    static let allNames =
        [input, model, task, dimensions, normalized, truncate, partial, type, numbers, encoding].flatMap(\.self)
        + unsupported.flatMap(\.self)

    /// The most JSON values of a body: four times the token ids that the queue has room for by default, while a body
    /// of nothing but one-digit numbers takes no more memory than one of text.
    static let maximumValues = 1 << 20

    /// A member that is present and not `null`.
    typealias Field = (name: String, value: JSONValue)

    init(body: [UInt8]) throws(APIError) {
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONParser.parse(body, maximumValues: Self.maximumValues)
        } catch {
            let message = "The body is not valid JSON: \(error)."
            switch error.kind {
            case .invalidUTF8: throw .invalidUTF8(message)
            case .tooManyValues: throw .tooManyValues(limit: Self.maximumValues)
            case .syntax, .tooDeep: throw .invalid(nil, type: "json_invalid", message)
            }
        }
        guard case .object(let object) = document else {
            throw .invalid(nil, type: "model_attributes_type", "The body should be a JSON object.")
        }
        self.object = object
    }

    /// The first of `names` that is present; `null` counts as absent.
    func first(_ names: [String]) -> Field? {
        for name in names {
            if let value = object[name], !value.isNull { return (name, value) }
        }
        return nil
    }

    func model() throws(APIError) -> String? {
        guard let field = first(Self.model) else { return nil }
        guard let name = field.value.string else {
            throw .invalid("model", type: "string_type", input: field.value, "model should be a string.")
        }
        return name
    }

    func task() throws(APIError) -> EmbeddingTask? {
        guard let field = first(Self.task) else { return nil }
        guard let task = field.value.string.flatMap(TaskName.task) else {
            throw .invalid(
                field.name,
                type: "enum",
                input: field.value,
                "\(field.name) should be one of \(TaskName.canonical)."
            )
        }
        return task
    }

    /// A whole number above zero, also where a client wrote `512.0` or `"512"`.
    func dimensions() throws(APIError) -> Int? {
        guard let field = first(Self.dimensions) else { return nil }
        guard let number = field.value.integer ?? field.value.string.flatMap({ Int($0) }) else {
            throw .invalid(
                field.name,
                type: "int_parsing",
                input: field.value,
                "\(field.name) should be a whole number."
            )
        }
        if number <= 0 {
            throw .invalid(field.name, type: "greater_than", input: field.value, "Input should be greater than 0")
        }
        return number
    }

    /// `true`, `false`, and what careless clients write for them.
    func flag(_ names: [String]) throws(APIError) -> Bool? {
        guard let field = first(names) else { return nil }
        switch (field.value, field.value.integer) {
        case (.bool(let flag), _): return flag
        case (.string("true"), _), (_, 1): return true
        case (.string("false"), _), (_, 0): return false
        default:
            throw .invalid(
                field.name,
                type: "bool_parsing",
                input: field.value,
                "\(field.name) should be true or false."
            )
        }
    }

    /// A word of `Choice`, or a list that holds just one.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(_ names: [String]) throws(APIError) -> Choice? {
        guard let field = first(names) else { return nil }
        var value = field.value
        if let list = value.array {
            if list.count > 1 {
                throw .invalid(
                    field.name,
                    type: "too_long",
                    "\(field.name) should name one type: an item of the answer has room for one vector."
                )
            }
            value = list.first ?? .null
        }
        guard let choice = value.string.flatMap({ Choice(rawValue: $0) }) else {
            let words = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalid(field.name, type: "enum", input: value, "\(field.name) should be one of \(words).")
        }
        return choice
    }

    /// Refuses options that ask for something else than one vector an input, unless they are off.
    func refuse(_ names: [String]) throws(APIError) {
        guard let field = first(names), try flag(names) == true else { return }
        let advice = "leave it out or set it to false"
        throw .unsupported(field.name, "'\(field.name)' is not supported by this server; \(advice).")
    }
}
