import HTTPCore
import HTTPTypes

/// Finds out who asks.
struct Authentication: Sendable {
    /// The keys in force.
    let keys: KeyRing

    /// Refuses a request without a key, or with a wrong one.
    ///
    /// - Returns: the key; `nil` where none is needed.
    func check(_ fields: HTTPFields) throws(APIError) -> APIKey? {
        guard keys.isLocked else { return nil }
        guard let presented = Self.presentedKey(fields) else {
            throw Self.refusal(
                "AUTH_MISSING_API_KEY",
                """
                Authentication required. Provide your API key via the Authorization header: \
                'Authorization: Bearer <api-key>'. Incorrect API key provided: none.
                """
            )
        }
        guard let key = keys.find(presented) else {
            throw Self.refusal("AUTH_INVALID_API_KEY", "Incorrect API key provided.")
        }
        return key
    }

    // OpenAI's and Jina's clients send Authorization, Azure's `api-key`, Google's `x-goog-api-key`, others `x-api-key`.
    private static func presentedKey(_ fields: HTTPFields) -> String? {
        if let value = fields[.authorization] {
            let parts = value.split(separator: " ", maxSplits: 1)
            if parts.count == 2, parts[0].lowercased() == "bearer" { return String(parts[1]) }
        }
        return fields[.apiKey] ?? fields[.xAPIKey] ?? fields[.googleAPIKey]
    }

    private static func refusal(_ code: String, _ message: String) -> APIError {
        APIError(status: .unauthorized, code: code, openAICode: "invalid_api_key", message: message)
    }
}

extension APIKey {
    /// Refuses a key that does not open `scope`.
    func check(_ scope: Scope) throws(APIError) {
        if scopes.contains(scope) { return }
        throw APIError(
            status: .forbidden,
            code: "AUTHZ_INSUFFICIENT_SCOPE",
            openAICode: "insufficient_permissions",
            message: "The API key '\(name)' lacks the scope '\(scope.rawValue)'."
        )
    }
}
