import JSONCore

/// Reads one line of a command's input.
enum InputLine {
    /// The text of a line that is a JSON string or an object with a string `text`.
    static func text(_ line: [UInt8], number: Int, allowsObject: Bool) throws(LineError) -> String {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONParser.parse(line)
        } catch {
            throw LineError(number: number, reason: "not JSON: \(error)")
        }
        if let text = value.string { return text }
        if allowsObject, let text = value["text"]?.string { return text }
        let expected = allowsObject ? #"a JSON string or {"text": "…"}"# : "a JSON string"
        throw LineError(number: number, reason: "expected \(expected)")
    }
}

/// What is wrong with one line of a command's input.
struct LineError: Error, Equatable, CustomStringConvertible {
    /// The line, counted from 1.
    let number: Int
    /// What is wrong with it.
    let reason: String

    var description: String { "line \(number): \(reason)" }
}
