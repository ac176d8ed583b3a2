import JSONCore

/// The body of `POST /v1/batch/embeddings`.
struct JinaBatchRequest {
    /// The model of all requests.
    let model: String?
    /// The requests as the file of a batch.
    let lines: [UInt8]

    /// The most inputs of a body.
    static let maximumInputs = 10_000
    /// The members that hold for every request, unless it has its own.
    private static let shared = ["model", "task", "dimensions", "normalized", "truncate", "embedding_type"]

    /// Reads the body: `input` is a list of texts, or of requests with `custom_id` and `body`.
    init(body: [UInt8]) throws(APIError) {
        let object = try JSONBody.object(body)
        for name in ["input_url", "input_file"] where object[name]?.isNull == false {
            throw .unsupported(name, "\(name) is not supported: this server fetches nothing. Send input.")
        }
        if object["webhook_url"]?.isNull == false {
            throw .unsupported("webhook_url", "webhook_url is not supported: ask for the batch's status.")
        }
        guard let value = object["input"], !value.isNull else {
            throw .invalid("input", type: "missing", "input is missing: send a list of texts or requests.")
        }
        guard let items = value.array else {
            throw .invalid("input", type: "list_type", input: value, "input should be a list.")
        }
        guard !items.isEmpty else { throw .invalid("input", type: "too_short", "input should not be empty.") }
        guard items.count <= Self.maximumInputs else {
            throw .tooManyInputs(items.count, limit: Self.maximumInputs, field: "input")
        }
        model = object["model"]?.string
        let defaults = Self.shared.compactMap { name in
            object[name].flatMap { $0.isNull ? nil : (name: name, value: $0) }
        }
        var lines: [UInt8] = []
        for (index, item) in items.enumerated() {
            lines += try Self.line(item, index: index, defaults: defaults)
        }
        self.lines = lines
    }

    /// A request with nothing but the shared members and a text: what is wrong with it is wrong with all.
    static func sample(body: [UInt8]) throws(APIError) -> [UInt8] {
        let object = try JSONBody.object(body)
        var sample = JSONObject()
        sample.append("input", .string(""))
        for name in shared { if let value = object[name] { sample.append(name, value) } }
        return try encode(.object(sample), place: "body")
    }

    private static func line(
        _ item: JSONValue,
        index: Int,
        defaults: [(name: String, value: JSONValue)]
    ) throws(APIError) -> [UInt8] {
        let place = "input[\(index)]"
        var id = "request-\(index)"
        var members = JSONObject()
        switch item {
        case .object(let object) where object["body"] != nil:
            guard let body = object["body"]?.object else {
                throw .invalid("\(place).body", type: "dict_type", "\(place).body should be an object.")
            }
            if let given = object["custom_id"] {
                guard let text = given.string, !text.isEmpty else {
                    let message = "\(place).custom_id should be a string that is not empty."
                    throw .invalid("\(place).custom_id", type: "string_type", input: given, message)
                }
                id = text
            }
            members = body
        case .string, .object: members.append("input", item)
        default:
            throw .invalid(place, type: "string_type", input: item, "\(place) should be a text or a request.")
        }
        for (name, value) in defaults where members[name] == nil { members.append(name, value) }
        var line = JSONObject()
        line.append("custom_id", .string(id))
        line.append("method", .string("POST"))
        line.append("url", .string(BatchLine.endpoint))
        line.append("body", .object(members))
        return try encode(.object(line), place: place) + [UInt8(ascii: "\n")]
    }

    private static func encode(_ value: JSONValue, place: String) throws(APIError) -> [UInt8] {
        guard value.isFinite else {
            throw .invalid(place, type: "finite_number", "\(place) holds a number that is too large.")
        }
        var writer = JSONWriter()
        writer.value(value)
        return writer.bytes
    }
}

extension JSONValue {
    /// Whether JSON can carry the value: `1e999` is read as infinity, which cannot be written.
    var isFinite: Bool {
        switch self {
        case .double(let number): number.isFinite
        case .array(let items): items.allSatisfy(\.isFinite)
        case .object(let object): object.members.allSatisfy { $0.value.isFinite }
        case .null, .bool, .integer, .string: true
        }
    }
}
