/// Secrets that a header field can carry.
extension APIKey {
    /// Checks a key of the configuration: one that no client can send would lock out whoever holds it.
    ///
    /// White space around it is taken away, as it is from fields: secrets that were made from a file end with a newline.
    static func secret(_ text: String) throws(SettingFault) -> String {
        let text = SettingValue.trimmed(text[...])
        guard !text.isEmpty else { throw SettingFault(reason: "expected a key that is not empty") }
        guard text.utf8.count <= maximumBytes else {
            throw SettingFault(reason: "expected a key of at most \(maximumBytes) octets")
        }
        guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw SettingFault(reason: "expected a key without control characters, such as the end of a line")
        }
        return text
    }
}
