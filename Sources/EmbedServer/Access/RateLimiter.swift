import HTTPTypes
import Synchronization

/// Holds every key to its limits of requests and tokens a minute.
final class RateLimiter: Sendable {
    private struct Buckets {
        var requests: TokenBucket?
        var tokens: TokenBucket?
    }

    private let buckets = Mutex<[String: Buckets]>([:])

    /// Counts a request, or refuses it with 429.
    func admit(_ key: APIKey?, now: ContinuousClock.Instant = .now) throws(APIError) {
        let wait = withBuckets(of: key, now) { $0.requests?.take(1, now: now) }
        guard let wait = wait.flatMap(\.self) else { return }
        throw Self.refusal("RATE_REQUEST_LIMIT_EXCEEDED", key?.limits.requestsPerMinute, "requests", wait)
    }

    /// Sets `tokens` aside for a request whose true number is not known yet, or refuses it with 429.
    func reserve(_ tokens: Int, for key: APIKey?, now: ContinuousClock.Instant = .now) throws(APIError) {
        let wait = withBuckets(of: key, now) { $0.tokens?.take(tokens, now: now) }
        guard let wait = wait.flatMap(\.self) else { return }
        throw Self.refusal("RATE_TOKEN_LIMIT_EXCEEDED", key?.limits.tokensPerMinute, "tokens", wait)
    }

    /// Corrects a reservation by what was used.
    func settle(_ reserved: Int, used: Int, for key: APIKey?, now: ContinuousClock.Instant = .now) {
        _ = withBuckets(of: key, now) { $0.tokens?.giveBack(reserved - used, now: now) }
    }

    /// What OpenAI's API tells a client about its limits; empty for a key without any.
    func fields(_ key: APIKey?, now: ContinuousClock.Instant = .now) -> HTTPFields {
        var fields = HTTPFields()
        _ = withBuckets(of: key, now) { buckets in
            for (what, bucket) in [("requests", buckets.requests), ("tokens", buckets.tokens)] {
                guard var bucket else { continue }
                fields["x-ratelimit-limit-\(what)"] = String(bucket.perMinute)
                fields["x-ratelimit-remaining-\(what)"] = String(bucket.remaining(now: now))
                fields["x-ratelimit-reset-\(what)"] = Self.text(bucket.timeToFull(now: now))
            }
        }
        return fields
    }

    /// Runs `body` with the buckets of a key; `nil` for a key without limits.
    private func withBuckets<Result>(
        of key: APIKey?,
        _ now: ContinuousClock.Instant,
        _ body: (inout Buckets) -> Result
    ) -> Result? {
        guard let key, !key.limits.isEmpty else { return nil }
        return buckets.withLock { all in
            var buckets = all[key.name] ?? Buckets()
            Self.fit(&buckets.requests, to: key.limits.requestsPerMinute, now)
            Self.fit(&buckets.tokens, to: key.limits.tokensPerMinute, now)
            defer { all[key.name] = buckets }
            return body(&buckets)
        }
    }

    /// A bucket outlives a reload of the keys, unless its limit has changed.
    private static func fit(_ bucket: inout TokenBucket?, to limit: Int?, _ now: ContinuousClock.Instant) {
        if bucket?.perMinute != limit { bucket = limit.map { TokenBucket(perMinute: $0, now: now) } }
    }

    private static func refusal(_ code: String, _ limit: Int?, _ what: String, _ wait: Duration) -> APIError {
        APIError(
            status: .tooManyRequests,
            code: code,
            openAICode: "rate_limit_exceeded",
            message: "Rate limit exceeded: \(limit ?? 0) \(what) per minute. Try again in \(text(wait)).",
            retryAfter: wait
        )
    }

    /// A duration as OpenAI writes it: `20ms`, `1.5s`, `1m0s`.
    static func text(_ duration: Duration) -> String {
        let milliseconds = Int(duration.milliseconds.rounded(.up))
        if milliseconds < 1_000 { return "\(milliseconds)ms" }
        let minutes = milliseconds / 60_000
        let rest = milliseconds % 60_000
        let seconds = rest % 1_000 == 0 ? "\(rest / 1_000)s" : "\(Double(rest) / 1_000)s"
        return minutes > 0 ? "\(minutes)m\(seconds)" : seconds
    }
}

extension HTTPFields {
    /// A field by a name that is known to be valid.
    fileprivate subscript(name: String) -> String? {
        get { HTTPField.Name(name).flatMap { self[$0] } }
        set { if let name = HTTPField.Name(name) { self[name] = newValue } }
    }
}
