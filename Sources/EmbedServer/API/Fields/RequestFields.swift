import InferenceCore
import JSONCore

/// The members of a request body or of an object in it, looked up by any of their names.
struct RequestFields {
    private let object: JSONObject
    /// What stands in front of the names in errors: empty for the body, `parameters.` for its member `parameters`.
    private let place: String

    /// The most JSON values of a body: four times the token ids that the queue has room for by default, while a body
    /// of nothing but one-digit numbers takes no more memory than one of text.
    static let maximumValues = 1 << 20

    /// A member that is present and not `null`.
    typealias Field = (name: String, value: JSONValue)

    /// Reads a body.
    init(body: [UInt8]) throws(APIError) {
        self.init(try JSONBody.object(body), place: "")
    }

    /// Reads an object.
    ///
    /// - Parameter place: what stands in front of its members' names in errors.
    init(_ object: JSONObject, place: String) {
        self.object = object
        self.place = place
    }

    /// The first of `names` that is present; `null` counts as absent.
    func first(_ names: [String]) -> Field? {
        for name in names {
            if let value = object[name], !value.isNull { return (place + name, value) }
        }
        return nil
    }

    /// What an error calls a member.
    func name(_ name: String) -> String { place + name }

    /// The members of a member that is an object.
    func fields(_ name: String) throws(APIError) -> RequestFields? {
        guard let field = first([name]) else { return nil }
        guard let object = field.value.object else {
            throw .invalid(field.name, type: "dict_type", input: field.value, "\(field.name) should be an object.")
        }
        return RequestFields(object, place: field.name + ".")
    }

    /// A string.
    func text(_ names: [String]) throws(APIError) -> String? {
        guard let field = first(names) else { return nil }
        guard let text = field.value.string else {
            throw .invalid(field.name, type: "string_type", input: field.value, "\(field.name) should be a string.")
        }
        return text
    }

    /// A string, or a list of strings.
    func texts(_ names: [String]) throws(APIError) -> [String]? {
        guard let field = first(names) else { return nil }
        if let text = field.value.string { return [text] }
        return try Self.list(field, of: "strings") { item, place throws(APIError) in
            guard let text = item.string else {
                throw .invalid(place, type: "string_type", input: item, "\(place) should be a string.")
            }
            return text
        }
    }

    /// The items of a list, each read by `read` with the name that errors call it.
    static func list<Item>(
        _ field: Field,
        of what: String,
        limit: Int = EmbeddingsRequest.maximumInputs,
        _ read: (JSONValue, String) throws(APIError) -> Item
    ) throws(APIError) -> [Item] {
        guard let items = field.value.array else {
            let message = "\(field.name) should be a list of \(what)."
            throw .invalid(field.name, type: "list_type", input: field.value, message)
        }
        if items.count > limit { throw .tooManyInputs(items.count, limit: limit, field: field.name) }
        var result: [Item] = []
        result.reserveCapacity(items.count)
        for (index, item) in items.enumerated() { result.append(try read(item, "\(field.name)[\(index)]")) }
        return result
    }

    /// Any word for a task; `nil` also for Gemini's word for none.
    ///
    /// - Parameter words: those of the dialect, for its errors.
    func task(_ names: [String], words: String = TaskName.canonical) throws(APIError) -> EmbeddingTask? {
        guard let field = first(names), field.value.string != TaskName.unspecified else { return nil }
        guard let task = field.value.string.flatMap(TaskName.task) else {
            throw .invalid(
                field.name,
                type: "enum",
                input: field.value,
                "\(field.name) should be one of \(words)."
            )
        }
        return task
    }

    /// A whole number above zero, also where a client wrote `512.0` or `"512"`.
    func count(_ names: [String]) throws(APIError) -> Int? {
        guard let field = first(names) else { return nil }
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

    /// A word of `Choice`.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(_ names: [String]) throws(APIError) -> Choice? {
        guard let field = first(names) else { return nil }
        return try Self.choice(field.value, at: field.name)
    }

    /// A value as a word of `Choice`.
    static func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ value: JSONValue,
        at place: String
    ) throws(APIError) -> Choice {
        guard let choice = value.string.flatMap({ Choice(rawValue: $0) }) else {
            let words = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalid(place, type: "enum", input: value, "\(place) should be one of \(words).")
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
