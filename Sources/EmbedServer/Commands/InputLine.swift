import JSONCore

/// Reads one line of a command's input.
enum InputLine {
    /// The value of a line of JSON.
    static func value(_ line: [UInt8], number: Int) throws(LineError) -> JSONValue {
        do throws(JSONError) {
            return try JSONParser.parse(line)
        } catch {
            throw LineError(number: number, reason: "not JSON: \(error)")
        }
    }

    /// The text of a line that is a JSON string.
    static func text(_ line: [UInt8], number: Int) throws(LineError) -> String {
        guard let text = try value(line, number: number).string else {
            throw LineError(number: number, reason: "expected a JSON string")
        }
        return text
    }
}
