import HTTPTypes
import InferenceCore
import JSONCore

/// The body of `POST /v1/batch/embeddings`.
struct JinaBatchRequest {
    /// A request with nothing but the shared members and an empty text: what is wrong with it is wrong with all.
    let sample: EmbeddingsRequest
    /// What the client sent as the requests.
    private let items: [JSONValue]
    /// The members that hold for every request, unless it has its own.
    private let shared: [(name: String, value: JSONValue)]

    /// The most inputs of a body.
    static let maximumInputs = 10_000
    private static let sharedNames = ["model", "task", "dimensions", "normalized", "truncate", "embedding_type"]

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
        var members = JSONObject()
        members.append("input", .string(""))
        for name in Self.sharedNames { if let value = object[name] { members.append(name, value) } }
        sample = try EmbeddingsRequest(RequestFields(members, place: ""))
        shared = Self.shared(sample, members)
        self.items = items
    }

    /// The requests as the file of a batch; to be called once the sample is known to be possible, so that the model's
    /// name is one.
    ///
    /// - Parameter limit: the most octets of the file; more are refused before they are there.
    func lines(limit: Int) throws(APIError) -> [UInt8] {
        var writer = JSONWriter()
        for (index, item) in items.enumerated() {
            try write(item, index: index, to: &writer)
            writer.endLine()
            if writer.bytes.count > limit { throw .tooLargeAsFile(limit: limit) }
        }
        return writer.bytes
    }

    /// The shared members as they were understood: each is written once for every request, so none may be long.
    private static func shared(
        _ sample: EmbeddingsRequest,
        _ members: JSONObject
    ) -> [(name: String, value: JSONValue)] {
        func given<Value>(_ name: String, _ value: Value) -> Value? { members[name]?.isNull == false ? value : nil }
        let type = members["embedding_type"]
        let values: [String: JSONValue?] = [
            "model": sample.model.map(JSONValue.string),
            "task": sample.task.map { .string($0.rawValue) },
            "dimensions": sample.dimensions.map(JSONValue.integer),
            "normalized": given("normalized", .bool(sample.normalized)),
            "truncate": given("truncate", .bool(sample.truncate)),
            // A word of the list, alone or in an array: that was checked.
            "embedding_type": (type?.string ?? type?.array?.first?.string).map(JSONValue.string),
        ]
        return sharedNames.compactMap { name in values[name].flatMap(\.self).map { (name, $0) } }
    }

    private func write(_ item: JSONValue, index: Int, to writer: inout JSONWriter) throws(APIError) {
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
        guard JSONValue.object(members).isFinite else {
            throw .invalid(place, type: "finite_number", "\(place) holds a number that is too large.")
        }
        for (name, value) in shared where members[name] == nil { members.append(name, value) }
        writer.object {
            $0.key("custom_id")
            $0.value(id)
            $0.key("method")
            $0.value("POST")
            $0.key("url")
            $0.value(BatchLine.endpoint)
            $0.key("body")
            $0.value(.object(members))
        }
    }
}

extension APIError {
    /// Requests that would be a longer file than a client may upload: 413.
    fileprivate static func tooLargeAsFile(limit: Int) -> APIError {
        APIError(
            status: .contentTooLarge,
            code: "REQUEST_TOO_LARGE",
            openAICode: "request_too_large",
            message: "The requests take more than \(limit) bytes as the file of a batch. Split them.",
            parameter: "input"
        )
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
