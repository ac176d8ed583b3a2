import HTTPTypes

/// The keys that a request shows, each once: four at the most.
///
/// OpenAI's and Jina's clients send `Authorization`, Azure's `api-key`, Google's `x-goog-api-key`, others `x-api-key`; a
/// proxy in between may add credentials of its own. So each is tried, and one that is right is enough.
struct PresentedKeys {
    /// In the order they are tried.
    let keys: [String]

    /// Reads the fields of a request.
    init(_ fields: HTTPFields) {
        var keys: [String] = []
        let named: [HTTPField.Name] = [.apiKey, .xAPIKey, .googleAPIKey]
        for key in [Self.bearer(fields[.authorization])] + named.map({ fields[$0].map(Self.trimmed) }) {
            if let key, !key.isEmpty, !keys.contains(key) { keys.append(key) }
        }
        self.keys = keys
    }

    /// The token of `Bearer TOKEN` (RFC 6750 section 2.1); nil for other schemes.
    ///
    ///     credentials = auth-scheme [ 1*SP ( token68 / #auth-param ) ]       (RFC 9110 section 11.4)
    ///
    /// The scheme's case does not matter (RFC 9110 section 11.1). Tabs are taken for spaces, as for other fields.
    private static func bearer(_ value: String?) -> String? {
        guard let value = value.map(trimmed) else { return nil }
        let scheme = value.utf8.prefix { !isBlank($0) }
        guard scheme.count < value.utf8.count, String(Substring(scheme)).lowercased() == "bearer" else { return nil }
        return trimmed(String(value[scheme.endIndex...]))
    }

    /// The text without spaces and tabs around it.
    private static func trimmed(_ text: String) -> String {
        let start = text.utf8.firstIndex { !isBlank($0) } ?? text.endIndex
        let end = text.utf8.lastIndex { !isBlank($0) }.map(text.utf8.index(after:)) ?? start
        return String(text[start..<end])
    }

    private static func isBlank(_ octet: UInt8) -> Bool { octet == UInt8(ascii: " ") || octet == UInt8(ascii: "\t") }
}
