/// Why the configuration cannot be used: names the source and the field.
struct SettingsError: Error, Equatable, CustomStringConvertible {
    /// The file, the environment variable or the flag.
    let source: String
    /// The field inside the source; `nil` where the source is one field.
    var field: String?
    /// What is wrong, and what was expected.
    let reason: String

    var description: String {
        [source, field, reason].compactMap { $0 }.joined(separator: ": ")
    }
}
