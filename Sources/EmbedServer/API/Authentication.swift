import HTTPCore
import HTTPTypes

/// Checks API keys.
struct Authentication: Sendable {
    private let keys: [[UInt8]]

    /// - Parameter keys: the keys that are accepted; none lets everybody in, whatever they send.
    init(keys: [String]) {
        self.keys = keys.map { Array($0.utf8) }
    }

    /// Refuses a request without a key, or with a wrong one.
    ///
    /// - Returns: the place of its key among the accepted ones; `nil` if none is needed.
    @discardableResult
    func check(_ fields: HTTPFields) throws(APIError) -> Int? {
        if keys.isEmpty { return nil }
        guard let presented = Self.presentedKey(fields) else {
            throw Self.refusal(
                "AUTH_MISSING_API_KEY",
                """
                Authentication required. Provide your API key via the Authorization header: \
                'Authorization: Bearer <api-key>'. Incorrect API key provided: none.
                """
            )
        }
        guard let key = index(of: Array(presented.utf8)) else {
            throw Self.refusal("AUTH_INVALID_API_KEY", "Incorrect API key provided.")
        }
        return key
    }

    // OpenAI's and Jina's clients send Authorization, Azure's `api-key`, others `x-api-key`.
    private static func presentedKey(_ fields: HTTPFields) -> String? {
        if let value = fields[.authorization] {
            let parts = value.split(separator: " ", maxSplits: 1)
            if parts.count == 2, parts[0].lowercased() == "bearer" { return String(parts[1]) }
        }
        return fields[.apiKey] ?? fields[.xAPIKey]
    }

    /// Compares with every key and every octet, so that the time taken says nothing about how much was right.
    private func index(of presented: [UInt8]) -> Int? {
        var found: Int?
        for (place, key) in keys.enumerated() {
            var difference: UInt8 = key.count == presented.count ? 0 : 1
            for (index, octet) in presented.enumerated() {
                difference |= octet ^ (key.isEmpty ? 0 : key[index % key.count])
            }
            if difference == 0 { found = place }
        }
        return found
    }

    private static func refusal(_ code: String, _ message: String) -> APIError {
        APIError(status: .unauthorized, code: code, openAICode: "invalid_api_key", message: message)
    }
}

extension HTTPField.Name {
    // swift-format-ignore: NeverForceUnwrap
    fileprivate static let apiKey = HTTPField.Name("api-key")!
    // swift-format-ignore: NeverForceUnwrap
    fileprivate static let xAPIKey = HTTPField.Name("x-api-key")!
}
