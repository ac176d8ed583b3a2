import JSONCore

/// One request of a batch's input: `{"custom_id": …, "method": "POST", "url": "/v1/embeddings", "body": {…}}`.
struct BatchLine {
    /// What the client calls the request; no two lines share it.
    let customID: String
    /// Where the body is in the line.
    let body: Range<Int>

    /// The longest name of a request, in octets.
    static let maximumIDBytes = 512

    /// The one endpoint that takes batches.
    static let endpoint = "/v1/embeddings"

    /// Reads everything but the body, which the endpoint will judge.
    init(_ line: [UInt8]) throws(BatchFault) {
        var members: [String: JSONValue] = [:]
        var body: Range<Int>?
        do throws(JSONError) {
            (members, body) = try Self.members(line)
        } catch {
            throw BatchFault(code: "invalid_json_line", message: "This line is not a JSON object: \(error).")
        }
        guard let id = members["custom_id"]?.string, !id.isEmpty else {
            throw .missing("custom_id", "custom_id should be a string that is not empty.")
        }
        guard id.utf8.count <= Self.maximumIDBytes else {
            throw .missing("custom_id", "custom_id should have at most \(Self.maximumIDBytes) bytes.")
        }
        guard members["method"]?.string == "POST" else { throw .missing("method", "method should be \"POST\".") }
        guard members["url"]?.string == Self.endpoint else {
            throw BatchFault(
                code: "invalid_url",
                message: "url should be \"\(Self.endpoint)\", the endpoint of the batch.",
                parameter: "url"
            )
        }
        guard let body, line[body.lowerBound] == UInt8(ascii: "{") else {
            throw .missing("body", "body should be a JSON object.")
        }
        customID = id
        self.body = body
    }

    private static func members(_ line: [UInt8]) throws(JSONError) -> ([String: JSONValue], Range<Int>?) {
        let result: Result<([String: JSONValue], Range<Int>?), JSONError> = line.withUnsafeBufferPointer { bytes in
            Result { () throws(JSONError) in
                var reader = JSONReader(bytes)
                var members: [String: JSONValue] = [:]
                var body: Range<Int>?
                try reader.enterObject()
                while let name = try reader.nextName({ String(decoding: $0, as: UTF8.self) }) {
                    if name == "body" { body = try reader.skip() } else { members[name] = try reader.value() }
                }
                try reader.end()
                return (members, body)
            }
        }
        return try result.get()
    }
}

extension BatchFault: Error {
    fileprivate static func missing(_ parameter: String, _ message: String) -> BatchFault {
        BatchFault(code: "invalid_request", message: message, parameter: parameter)
    }
}
