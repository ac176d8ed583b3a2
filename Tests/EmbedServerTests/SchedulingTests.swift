import HTTPTypes
import InferenceCore
import JSONCore
import Testing

@testable import EmbedServer

@Suite("What requests ask of the scheduler, and what they are told")
struct SchedulingTests {
    private func fields(_ name: String, _ value: String) throws -> HTTPFields {
        [try #require(HTTPField.Name(name)): value]
    }

    private func request(_ fields: HTTPFields, keys: KeyRing? = nil) async throws -> EmbeddingWork {
        let backend = FakeBackend()
        let model = ServedModel(settings: ModelSettings(id: "m"), backend: backend)
        let reply = try await TestClient([model], keys: keys).embed(#"{"input":"x"}"#, fields: fields)
        #expect(reply.status == 200, "\(reply.text)")
        return try #require(backend.lastRequest)
    }

    @Test("X-Priority names the class, and without it the engine chooses")
    func priority() async throws {
        #expect(try await request(fields("X-Priority", "bulk")).priority == .bulk)
        #expect(try await request(fields("X-Priority", "Interactive")).priority == .interactive)
        #expect(try await request([:]).priority == nil)
    }

    @Test("X-Request-Timeout sets a deadline, but none beyond the operator's")
    func timeout() async throws {
        func remaining(_ fields: HTTPFields, limit: Int?) async throws -> Duration? {
            let backend = FakeBackend()
            let model = ServedModel(settings: ModelSettings(id: "m"), backend: backend)
            let begin = ContinuousClock.now
            let client = try TestClient([model]) { $0.scheduler.requestTimeoutSeconds = limit }
            _ = try await client.embed(#"{"input":"x"}"#, fields: fields)
            return backend.lastRequest?.deadline.map { $0 - begin }
        }
        let asked = try fields("X-Request-Timeout", "100.5")
        // The request is received a moment after `begin`.
        let own = try #require(try await remaining(asked, limit: nil))
        #expect(own >= .seconds(100.5) && own < .seconds(160))
        let capped = try #require(try await remaining(asked, limit: 1))
        #expect(capped >= .seconds(1) && capped < .seconds(61))
        #expect(try await remaining([:], limit: 1) != nil)
        #expect(try await remaining([:], limit: nil) == nil)
    }

    @Test(
        "fields that mean nothing are refused",
        arguments: [
            ("X-Priority", "urgent"), ("X-Request-Timeout", "soon"), ("X-Request-Timeout", "0"),
            ("X-Request-Timeout", "-1"), ("X-Request-Timeout", "nan"), ("X-Request-Timeout", "inf"),
        ]
    )
    func nonsense(name: String, value: String) async throws {
        let reply = try await TestClient().embed(#"{"input":"x"}"#, fields: fields(name, value))
        #expect(reply.status == 422)
        #expect(reply.json["error"]?["param"]?.string == name)
    }

    @Test("callers are told apart by their keys, or else by their hosts; keys do not leave the endpoint")
    func callers() async throws {
        let keys = try KeyRing(apiKeys: ["one", "two"], path: nil)
        let first = try await request(fields("x-api-key", "one"), keys: keys).caller
        let second = try await request(fields("x-api-key", "two"), keys: keys).caller
        #expect(first != second)
        #expect(!first.contains("one"))
        #expect(try await request([:]).caller == "127.0.0.1")
    }

    @Test("failures have their status, and 429 says when to come back to the millisecond")
    func failures() async throws {
        let cases: [(EmbeddingError, Int, String)] = [
            (.deadlineExceeded, 504, "SERVICE_TIMEOUT"),
            (.overloaded(retryAfter: .milliseconds(1_250)), 429, "RATE_CONCURRENCY_LIMIT_EXCEEDED"),
            (.computeFailed(reason: "secret"), 500, "INTERNAL_ERROR"),
        ]
        for (failure, status, code) in cases {
            let reply = try await TestClient([.fake(failure: failure)]).embed(#"{"input":"x"}"#)
            #expect(reply.status == status)
            #expect(reply.json["code"]?.string == code)
            #expect(!reply.text.contains("secret"))
            guard status == 429 else { continue }
            #expect(reply.fields[.retryAfter] == "2")
            #expect(reply.fields[try #require(HTTPField.Name("retry-after-ms"))] == "1250")
        }
    }

    @Test("when the compute worker fails, both probes say so")
    func workerDeath() async throws {
        let client = try TestClient([.fake(failure: .computeFailed(reason: "poisoned"))])
        #expect(try await client.send(.get, "/readyz").status == 200)
        _ = try await client.embed(#"{"input":"x"}"#)
        for path in ["/readyz", "/livez"] {
            let probe = try await client.send(.get, path)
            #expect(probe.status == 503)
            #expect(probe.json["status"]?.string == "failed")
        }
        #expect(try await client.embed(#"{"input":"x"}"#).status == 503)
    }

    @Test("a partial answer has null and the error where an input failed")
    func partial() async throws {
        let long = repeatElement("word", count: 40).joined(separator: " ")
        let reply = try await TestClient().embed(#"{"input":["a","\#(long)","b"],"partial":true,"dimensions":4}"#)
        #expect(reply.status == 200)
        #expect(reply.embedding(0)?.array?.count == 4)
        #expect(reply.embedding(1)?.isNull == true)
        #expect(reply.embedding(2)?.array?.count == 4)
        let failed = try #require(reply.json["data"]?.array?[1])
        #expect(failed["index"]?.integer == 1)
        #expect(failed["error"]?["code"]?.string == "INPUT_TOKEN_LIMIT_EXCEEDED")
        #expect(failed["error"]?["message"]?.string?.contains("input[1]") == true)
        #expect(reply.json["usage"]?["total_tokens"]?.integer == 4)
    }

    @Test("the answer says how many vectors were in the cache")
    func cacheHits() async throws {
        let reply = try await TestClient().embed(#"{"input":["a","b"]}"#)
        #expect(reply.fields[.cacheHits] == "1")
    }
}
