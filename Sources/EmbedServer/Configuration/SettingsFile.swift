import JSONCore

/// Reads files of settings: JSON objects whose faults are named by file and line.
enum SettingsFile {
    /// - Parameter path: for messages.
    static func object(_ contents: [UInt8], path: String) throws(SettingsError) -> JSONObject {
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONParser.parse(contents)
        } catch {
            let before = contents.prefix(error.offset)
            let line = before.count { $0 == UInt8(ascii: "\n") } + 1
            let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
            throw SettingsError(source: "\(path):\(line):\(error.offset - lineStart + 1)", reason: error.reason)
        }
        guard let object = document.object else { throw SettingsError(source: path, reason: "expected an object") }
        return object
    }
}
