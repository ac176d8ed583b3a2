import HTTPTypes
import Testing

@testable import EmbedServer

@Suite("Rate limits")
struct RateLimitTests {
    private let start = ContinuousClock.now
    private let key = APIKey(
        name: "a",
        digest: KeyDigest(of: "a"),
        scopes: [.embed],
        limits: RateLimits(requestsPerMinute: 6, tokensPerMinute: 600)
    )

    @Test("a bucket is used at once, and fills up steadily to its brim")
    func bucket() {
        var bucket = TokenBucket(perMinute: 60, now: start)
        for _ in 0..<60 { #expect(bucket.take(1, now: start) == nil) }
        #expect(bucket.take(1, now: start) == .seconds(1))
        #expect(bucket.take(1, now: start + .milliseconds(500)) == .milliseconds(500))
        #expect(bucket.take(1, now: start + .seconds(1)) == nil)
        #expect(bucket.remaining(now: start + .seconds(11)) == 10)
        #expect(bucket.timeToFull(now: start + .seconds(11)) == .seconds(50))
        #expect(bucket.remaining(now: start + .seconds(1_000)) == 60)
    }

    @Test("more than a bucket holds is given by a full one, and has to be paid off")
    func debt() {
        var bucket = TokenBucket(perMinute: 60, now: start)
        #expect(bucket.take(90, now: start) == nil)
        #expect(bucket.remaining(now: start) == 0)
        #expect(bucket.take(1, now: start) == .seconds(31))
        #expect(bucket.take(90, now: start + .seconds(31)) == .seconds(59))
    }

    @Test("what was not used comes back, but not above the brim")
    func giveBack() {
        var bucket = TokenBucket(perMinute: 60, now: start)
        #expect(bucket.take(50, now: start) == nil)
        bucket.giveBack(20, now: start)
        #expect(bucket.remaining(now: start) == 30)
        bucket.giveBack(-10, now: start)
        #expect(bucket.remaining(now: start) == 20)
        bucket.giveBack(1_000, now: start)
        #expect(bucket.remaining(now: start) == 60)
    }

    @Test("each key has buckets of its own; a refusal says when to come back")
    func limiter() throws {
        let limiter = RateLimiter()
        for _ in 0..<6 { try limiter.admit(key, now: start) }
        let refusal = #expect(throws: APIError.self) { try limiter.admit(key, now: start) }
        #expect(refusal?.status == .tooManyRequests)
        #expect(refusal?.code == "RATE_REQUEST_LIMIT_EXCEEDED")
        #expect(refusal?.retryAfter == .seconds(10))
        #expect(refusal?.message == "Rate limit exceeded: 6 requests per minute. Try again in 10s.")
        var other = key
        other.name = "b"
        try limiter.admit(other, now: start)
        try limiter.admit(nil, now: start)

        try limiter.reserve(600, for: key, now: start)
        let tokens = #expect(throws: APIError.self) { try limiter.reserve(300, for: key, now: start) }
        #expect(tokens?.code == "RATE_TOKEN_LIMIT_EXCEEDED")
        #expect(tokens?.retryAfter == .seconds(30))
        limiter.settle(600, used: 250, for: key, now: start)
        try limiter.reserve(300, for: key, now: start)
    }

    @Test("the fields are OpenAI's, and there are none without limits")
    func fields() throws {
        let limiter = RateLimiter()
        try limiter.admit(key, now: start)
        try limiter.reserve(100, for: key, now: start)
        let fields = limiter.fields(key, now: start)
        #expect(
            fields.map { "\($0.name): \($0.value)" } == [
                "x-ratelimit-limit-requests: 6", "x-ratelimit-remaining-requests: 5", "x-ratelimit-reset-requests: 10s",
                "x-ratelimit-limit-tokens: 600", "x-ratelimit-remaining-tokens: 500", "x-ratelimit-reset-tokens: 10s",
            ]
        )
        var free = key
        free.limits = RateLimits()
        #expect(limiter.fields(free).isEmpty)
        #expect(limiter.fields(nil).isEmpty)
    }

    @Test("a changed limit starts afresh, an unchanged one goes on")
    func changes() throws {
        let limiter = RateLimiter()
        try limiter.admit(key, now: start)
        var changed = key
        changed.limits.requestsPerMinute = 3
        changed.digest = KeyDigest(of: "rotated")
        #expect(limiter.fields(changed, now: start).first?.value == "3")
        changed.limits.requestsPerMinute = nil
        #expect(limiter.fields(changed, now: start).first?.value == "600")
    }

    @Test(
        "durations are written as OpenAI writes them",
        arguments: [
            (0, "0ms"), (20, "20ms"), (999, "999ms"), (1_000, "1s"), (1_500, "1.5s"), (60_000, "1m0s"),
            (90_250, "1m30.25s"),
        ]
    )
    func durations(milliseconds: Int, text: String) {
        #expect(RateLimiter.text(.milliseconds(milliseconds)) == text)
    }
}
