import Glibc
import JSONCore

/// A JSON file of a checkpoint, with typed access to its members and errors that name file and member.
struct JSONFile: Sendable {
    /// The path it was read from.
    let path: String
    /// The whole document.
    let root: JSONValue

    /// Reads and parses `path`.
    init(path: String) throws(CheckpointError) {
        self.path = path
        let file = try MappedFile(path: path)
        do throws(JSONError) {
            root = try JSONParser.parse(file.bytes.bindMemory(to: UInt8.self))
        } catch {
            throw CheckpointError(file: path, reason: "is not JSON: \(error)")
        }
    }

    /// Reads `path` if there is such a file.
    static func ifPresent(path: String) throws(CheckpointError) -> JSONFile? {
        access(path, F_OK) == 0 ? try JSONFile(path: path) : nil
    }

    /// The positive whole number at `key`, or `fallback` where the member is missing or null.
    func positive(_ key: String, or fallback: Int? = nil) throws(CheckpointError) -> Int {
        guard let value = member(key) else {
            if let fallback { return fallback }
            throw missing(key)
        }
        guard let number = value.integer, number > 0 else { throw fault(key, "expected a positive whole number") }
        return number
    }

    /// The positive number at `key`, or `fallback` where the member is missing or null.
    func positiveReal(_ key: String, or fallback: Double? = nil) throws(CheckpointError) -> Double {
        guard let value = member(key) else {
            if let fallback { return fallback }
            throw missing(key)
        }
        guard let number = value.double, number > 0 else { throw fault(key, "expected a positive number") }
        return number
    }

    /// The text at `key`, or `fallback` where the member is missing or null.
    func string(_ key: String, or fallback: String? = nil) throws(CheckpointError) -> String {
        guard let value = member(key) else {
            if let fallback { return fallback }
            throw missing(key)
        }
        guard let text = value.string else { throw fault(key, "expected a string") }
        return text
    }

    /// The truth value at `key`, or `fallback` where the member is missing or null.
    func bool(_ key: String, or fallback: Bool) throws(CheckpointError) -> Bool {
        guard let value = member(key) else { return fallback }
        guard let bool = value.bool else { throw fault(key, "expected true or false") }
        return bool
    }

    /// The strings of the list at `key`; none where there is no such list.
    func strings(_ key: String) -> [String] {
        member(key)?.array?.compactMap(\.string) ?? []
    }

    /// The member `key` of the document; `nil` where it is missing or null.
    func member(_ key: String) -> JSONValue? {
        guard let value = root[key], !value.isNull else { return nil }
        return value
    }

    /// An error about the member `key`.
    func fault(_ key: String, _ reason: String) -> CheckpointError {
        CheckpointError(file: path, reason: "\"\(key)\": \(reason)")
    }

    private func missing(_ key: String) -> CheckpointError {
        fault(key, "is missing")
    }
}
