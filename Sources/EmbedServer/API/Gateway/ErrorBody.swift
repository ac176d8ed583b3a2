import JSONCore

/// Writes the JSON body of an error.
enum ErrorBody {
    /// - Parameter requestID: 32 hexadecimal digits, the value of `x-request-id`.
    static func encode(_ error: APIError, requestID: String) -> [UInt8] {
        var writer = JSONWriter(capacity: 512)
        writer.object {
            $0.key("detail")
            $0.value(error.message)
            $0.key("code")
            $0.value(error.code)
            $0.key("request_id")
            $0.value(requestID)
            if let violation = error.violation {
                $0.key("errors")
                $0.array { $0.object { write(violation, of: error, to: &$0) } }
            }
            $0.key("error")
            $0.object {
                $0.key("message")
                $0.value(error.message)
                $0.key("type")
                $0.value(error.openAIType)
                $0.key("param")
                if let parameter = error.parameter { $0.value(parameter) } else { $0.null() }
                $0.key("code")
                $0.value(error.openAICode)
            }
        }
        return writer.bytes
    }

    private static func write(_ violation: APIError.Violation, of error: APIError, to writer: inout JSONWriter) {
        writer.key("field")
        writer.value(fieldPath(error.parameter))
        writer.key("message")
        writer.value(error.message)
        writer.key("type")
        writer.value(violation.type)
        writer.key("input")
        writer.value(violation.input)
    }

    /// Where the fault is, as the hosted API writes it: `input[3]` becomes `body -> input -> 3`.
    private static func fieldPath(_ parameter: String?) -> String {
        guard let parameter else { return "body" }
        let parts = parameter.split { $0 == "[" || $0 == "]" || $0 == "." }
        return (["body"] + parts).joined(separator: " -> ")
    }
}
