import JSONCore

/// The body of `POST /v1/batches`.
struct BatchRequest {
    let inputFileID: String
    let completionWindow: String
    /// Seconds of `completionWindow`.
    let window: Int
    let metadata: [String: String]
    /// Seconds that results are kept; `nil` leaves it to the operator.
    let outputLifetime: Int?

    private static let maximumMetadata = 16
    private static let lifetimes = 3_600...2_592_000

    /// Reads the body.
    init(body: [UInt8]) throws(APIError) {
        let object = try JSONBody.object(body)
        func text(_ name: String) throws(APIError) -> String {
            guard let value = object[name], !value.isNull else {
                throw .invalid(name, type: "missing", "\(name) is missing.")
            }
            guard let text = value.string else {
                throw .invalid(name, type: "string_type", input: value, "\(name) should be a string.")
            }
            return text
        }
        inputFileID = try text("input_file_id")
        let endpoint = try text("endpoint")
        guard endpoint == BatchLine.endpoint else {
            throw .unsupported(
                "endpoint",
                "endpoint should be \(BatchLine.endpoint): batches can do nothing else here."
            )
        }
        completionWindow = try text("completion_window")
        window = try Self.seconds(completionWindow)
        metadata = try Self.metadata(object["metadata"])
        outputLifetime = try Self.lifetime(object["output_expires_after"])
    }

    /// `24h`, as OpenAI has it, and other whole numbers of s, m, h and d up to 30 days.
    private static func seconds(_ window: String) throws(APIError) -> Int {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        let limit = 30 * 86_400
        guard window.utf8.count <= 16, let unit = window.last.flatMap({ units[$0] }),
            let number = Int(window.dropLast()), (1...limit).contains(number), number * unit <= limit
        else {
            throw .invalid(
                "completion_window",
                type: "value_error",
                input: .string(window),
                "completion_window should be 24h, or another number of s, m, h or d up to 30d."
            )
        }
        return number * unit
    }

    private static func metadata(_ value: JSONValue?) throws(APIError) -> [String: String] {
        guard let value, !value.isNull else { return [:] }
        var metadata: [String: String] = [:]
        for (name, value) in value.object?.members ?? [] {
            // Scalars, not characters: one of those can be any number of octets.
            guard let text = value.string, name.unicodeScalars.count <= 64,
                text.unicodeScalars.count <= 512
            else {
                throw .invalid(
                    "metadata",
                    type: "value_error",
                    "metadata should have strings of at most 512 characters, under names of at most 64."
                )
            }
            metadata[name] = text
        }
        guard value.object != nil, metadata.count <= maximumMetadata else {
            throw .invalid("metadata", type: "dict_type", "metadata should be an object of at most 16 members.")
        }
        return metadata
    }

    private static func lifetime(_ value: JSONValue?) throws(APIError) -> Int? {
        guard let value, !value.isNull else { return nil }
        guard value["anchor"]?.string == "created_at", let seconds = value["seconds"]?.integer,
            lifetimes.contains(seconds)
        else {
            throw .invalid(
                "output_expires_after",
                type: "value_error",
                """
                output_expires_after should have the anchor created_at, and seconds from \(lifetimes.lowerBound) to \
                \(lifetimes.upperBound).
                """
            )
        }
        return seconds
    }
}
