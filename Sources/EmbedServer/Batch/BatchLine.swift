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
        let members: Members
        do throws(JSONError) {
            members = try line.withUnsafeBufferPointer { bytes in
                Result { () throws(JSONError) in try Members(bytes) }
            }.get()
        } catch {
            throw BatchFault(code: "invalid_json_line", message: "This line is not a JSON object: \(error).")
        }
        let id: String
        switch members.customID {
        case .text(let text) where !text.isEmpty: id = text
        case .tooLong: throw .missing("custom_id", "custom_id should have at most \(Self.maximumIDBytes) bytes.")
        case .text, .other, nil: throw .missing("custom_id", "custom_id should be a string that is not empty.")
        }
        guard members.method == .text("POST") else { throw .missing("method", "method should be \"POST\".") }
        guard members.url == .text(Self.endpoint) else {
            throw BatchFault(
                code: "invalid_url",
                message: "url should be \"\(Self.endpoint)\", the endpoint of the batch.",
                parameter: "url"
            )
        }
        guard let body = members.body, line[body.lowerBound] == UInt8(ascii: "{") else {
            throw .missing("body", "body should be a JSON object.")
        }
        customID = id
        self.body = body
    }

    /// The members that a line may have; whatever else is in it is stepped over, and not kept.
    private struct Members {
        var customID: Word?
        var method: Word?
        var url: Word?
        var body: Range<Int>?

        init(_ line: UnsafeBufferPointer<UInt8>) throws(JSONError) {
            var reader = JSONReader(line)
            try reader.enterObject()
            while let name = try reader.nextName({ Word($0) }) {
                switch name {
                case .text("custom_id"): customID = try Word(&reader)
                case .text("method"): method = try Word(&reader)
                case .text("url"): url = try Word(&reader)
                case .text("body"): body = try reader.skip()
                default: _ = try reader.skip()
                }
            }
            try reader.end()
        }
    }

    /// A string of a line, unless it is longer than any that a line needs.
    private enum Word: Equatable {
        case text(String)
        case tooLong
        /// No string, or none of UTF-8.
        case other

        init(_ octets: UnsafeBufferPointer<UInt8>) {
            if octets.count > BatchLine.maximumIDBytes {
                self = .tooLong
            } else {
                self = String(validating: octets, as: UTF8.self).map(Word.text) ?? .other
            }
        }

        init(_ reader: inout JSONReader) throws(JSONError) {
            if reader.isAtString {
                self = try reader.withString { Word($0) }
            } else {
                _ = try reader.skip()
                self = .other
            }
        }
    }
}

extension BatchFault: Error {
    fileprivate static func missing(_ parameter: String, _ message: String) -> BatchFault {
        BatchFault(code: "invalid_request", message: message, parameter: parameter)
    }
}
