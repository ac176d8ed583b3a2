/// Who may do what, and how much of it: one key without its secret.
struct APIKey: Sendable, Equatable {
    /// The name for logs; unique among the keys, and no secret.
    var name: String
    /// What tells the key from others.
    var digest: KeyDigest
    /// What the key opens.
    var scopes: Set<Scope>
    /// How much it may use; nothing where it may use all there is.
    var limits = RateLimits()

    /// The most octets of a key: many times those of a random one.
    static let maximumBytes = 512

    /// What a key can open.
    enum Scope: String, Sendable, CaseIterable {
        /// `POST /v1/embeddings`.
        case embed
        /// `GET /metrics`.
        case metrics
        /// `POST /admin/reload`.
        case admin
    }
}

/// What a key may use in a minute; `nil` is no limit.
struct RateLimits: Sendable, Equatable {
    /// Requests that may ask for embeddings.
    var requestsPerMinute: Int?
    /// Tokens that may be embedded, or shown.
    var tokensPerMinute: Int?

    /// Whether there is no limit at all.
    var isEmpty: Bool { requestsPerMinute == nil && tokensPerMinute == nil }
}
