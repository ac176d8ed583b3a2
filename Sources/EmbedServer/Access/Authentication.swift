import HTTPTypes

/// Finds out who asks.
struct Authentication: Sendable {
    /// The keys in force.
    let keys: KeyRing

    /// Refuses a request without a key, or with wrong ones only.
    ///
    /// A head is all it takes, and four digests of short texts at the most: cheap enough for an event loop.
    ///
    /// - Returns: the key; `nil` where none is needed.
    func check(_ fields: HTTPFields) throws(APIError) -> APIKey? {
        guard keys.isLocked else { return nil }
        let presented = PresentedKeys(fields).keys
        if presented.isEmpty {
            throw Self.refusal(
                "AUTH_MISSING_API_KEY",
                """
                Authentication required. Provide your API key via the Authorization header: \
                'Authorization: Bearer <api-key>'. Incorrect API key provided: none.
                """
            )
        }
        for secret in presented {
            if let key = keys.find(secret) { return key }
        }
        throw Self.refusal("AUTH_INVALID_API_KEY", "Incorrect API key provided.")
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
