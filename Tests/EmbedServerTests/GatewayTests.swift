import Foundation
import HTTPTypes
import InferenceCore
import JSONCore
import Logging
import Testing

@testable import EmbedServer

@Suite("Access, traces and CORS")
struct GatewayTests {
    /// A client of a server with three keys: `e` may embed three times a minute, `m` read metrics, `x` reload.
    private func client(_ transport: Transport, origins: [String] = []) throws -> TestClient {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("keys-\(UUID()).json")
        try Data(
            """
            {"keys": [
              {"name": "embedder", "key": "e", "requestsPerMinute": 3, "tokensPerMinute": 20},
              {"name": "reader", "key": "m", "scopes": ["metrics"]},
              {"name": "admin", "key": "x", "scopes": ["admin"]}
            ]}
            """.utf8
        ).write(to: file)
        return try TestClient(keys: KeyRing(apiKeys: [], path: file.path), on: transport) {
            $0.cors.allowedOrigins = origins
        }
    }

    private func bearer(_ key: String) -> HTTPFields { [.authorization: "Bearer \(key)"] }

    @Test("each scope opens its routes and no others", arguments: Transport.allCases)
    func scopes(transport: Transport) async throws {
        let client = try client(transport)
        let routes: [(HTTPRequest.Method, String)] = [
            (.post, "/v1/embeddings"), (.get, "/metrics"), (.post, "/admin/reload"),
        ]
        for (key, statuses) in [("e", [200, 403, 403]), ("m", [403, 200, 403]), ("x", [403, 403, 200])] {
            for ((method, path), status) in zip(routes, statuses) {
                let reply = try await client.send(
                    method,
                    path,
                    fields: bearer(key),
                    body: Array(#"{"input":"a"}"#.utf8)
                )
                #expect(reply.status == status, "\(key) \(path)")
                if status == 403 { #expect(reply.json["code"]?.string == "AUTHZ_INSUFFICIENT_SCOPE") }
            }
        }
        #expect(try await client.send(.get, "/metrics").status == 401)
        let lines = try await client.lines(6)
        #expect(lines.first?["key"] == "embedder")
        #expect(!"\(lines)".contains("Bearer"))
    }

    @Test("without keys everything is open", arguments: Transport.allCases)
    func unlocked(transport: Transport) async throws {
        let client = try TestClient(on: transport)
        #expect(try await client.send(.get, "/metrics").status == 200)
        #expect(try await client.send(.post, "/admin/reload").json["keys"]?.integer == 0)
        #expect(
            try await client.embed(#"{"input":"a"}"#).fields.contains { $0.name.rawName.contains("ratelimit") } == false
        )
    }

    @Test("a key is held to its limits, and told about them", arguments: Transport.allCases)
    func limits(transport: Transport) async throws {
        let client = try client(transport)
        let first = try await client.embed(#"{"input":"a b c d e f g h i"}"#, fields: bearer("e"))
        #expect(first.fields[HTTPField.Name("x-ratelimit-remaining-requests")!] == "2")
        #expect(first.fields[HTTPField.Name("x-ratelimit-remaining-tokens")!] == "10")
        let second = try await client.embed(#"{"input":"\#(String(repeating: "x", count: 60))"}"#, fields: bearer("e"))
        #expect(second.status == 429)
        #expect(second.json["code"]?.string == "RATE_TOKEN_LIMIT_EXCEEDED")
        #expect(second.fields[.retryAfter].flatMap(Int.init).map { (1...59).contains($0) } == true)
        // What fails is not charged for.
        let third = try await client.embed(#"{"input":"\#(String(repeating: "x ", count: 33))"}"#, fields: bearer("e"))
        #expect(third.status == 429)
        let fourth = try await client.embed(#"{"input":"a"}"#, fields: bearer("e"))
        #expect(fourth.json["code"]?.string == "RATE_REQUEST_LIMIT_EXCEEDED")
        #expect(fourth.json["error"]?["code"]?.string == "rate_limit_exceeded")
    }

    @Test(
        "a wait that clients would not honour is capped, and they are told not to try again by themselves",
        arguments: Transport.allCases
    )
    func longWait(transport: Transport) async throws {
        let error = EmbeddingError.overloaded(retryAfter: .seconds(90))
        let reply = try await TestClient([.fake(failure: error)], on: transport).embed(#"{"input":"a"}"#)
        #expect(reply.status == 429)
        #expect(reply.fields[.retryAfter] == "59")
        #expect(reply.fields[HTTPField.Name("x-should-retry")!] == "false")
        let short = EmbeddingError.overloaded(retryAfter: .milliseconds(1_500))
        let other = try await TestClient([.fake(failure: short)], on: transport).embed(#"{"input":"a"}"#)
        #expect(other.fields[.retryAfter] == "2")
        #expect(other.fields[HTTPField.Name("retry-after-ms")!] == "1500")
        #expect(other.fields[HTTPField.Name("x-should-retry")!] == nil)
    }

    @Test("timing and trace come back, and go to the log", arguments: Transport.allCases)
    func trace(transport: Transport) async throws {
        let client = try TestClient(on: transport)
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        let reply = try await client.embed(#"{"input":"a"}"#, fields: [.traceparent: parent])
        #expect(reply.fields[.traceparent] == parent)
        #expect(reply.fields[.serverTiming] == "queue;dur=2.0, compute;dur=5.0")
        let line = try #require(try await client.lines(1).first)
        #expect(line["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736")
        #expect(line["parent_id"] == "00f067aa0ba902b7")
        #expect(line["queue_ms"]?.description == "2.0")
        #expect(line["compute_ms"]?.description == "5.0")
        #expect(line["tokens"]?.description == "2")
    }

    @Test(
        "a traceparent that breaks the standard is ignored",
        arguments: [
            "", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        ]
    )
    func badTrace(field: String) {
        #expect(TraceContext([.traceparent: field]) == nil)
    }

    @Test("a later version of traceparent may be longer")
    func laterTrace() {
        let field = "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more"
        #expect(TraceContext([.traceparent: field])?.parentID == "00f067aa0ba902b7")
        // But not so long that its repetition makes the answer long.
        #expect(TraceContext([.traceparent: field + String(repeating: "e", count: 512)]) == nil)
    }

    @Test(
        "a preflight lets a page of an allowed origin send its key",
        arguments: Transport.allCases,
        [(["https://a.example"], "https://a.example"), (["*"], "*")]
    )
    func preflight(transport: Transport, test: ([String], String)) async throws {
        let (origins, allowed) = test
        let client = try client(transport, origins: origins)
        let fields: HTTPFields = [
            .origin: "https://a.example", .accessControlRequestMethod: "POST",
            .accessControlRequestHeaders: "authorization,content-type",
        ]
        let reply = try await client.send(.options, "/v1/embeddings", fields: fields)
        #expect(reply.status == 204)
        #expect(reply.fields[.accessControlAllowOrigin] == allowed)
        #expect(reply.fields[.accessControlAllowMethods] == "POST, OPTIONS")
        #expect(reply.fields[.accessControlAllowHeaders] == "authorization,content-type")
        var long = fields
        long[.accessControlRequestHeaders] = String(repeating: "x,", count: 4_096) + "x"
        #expect(
            try await client.send(.options, "/v1/embeddings", fields: long).fields[.accessControlAllowHeaders] == nil
        )
        let root = try await client.send(.options, "/", fields: fields)
        #expect(root.fields[.accessControlAllowMethods] == "POST, GET, OPTIONS")
        let answer = try await client.send(.get, "/metrics", fields: [.origin: "https://a.example"])
        #expect(answer.status == 401)
        #expect(answer.fields[.accessControlAllowOrigin] == allowed)
        #expect(answer.fields[.accessControlExposeHeaders]?.contains("x-request-id") == true)
    }

    @Test("other origins are told nothing, and caches are told why", arguments: Transport.allCases)
    func otherOrigins(transport: Transport) async throws {
        let client = try client(transport, origins: ["https://a.example"])
        for origin in ["https://b.example", "http://a.example", "https://a.example.evil", "null"] {
            let reply = try await client.send(.options, "/v1/embeddings", fields: [.origin: origin])
            #expect(reply.fields[.accessControlAllowOrigin] == nil)
            let answer = try await client.send(.get, "/livez", fields: [.origin: origin])
            #expect(answer.status == 200)
            #expect(answer.fields[.accessControlAllowOrigin] == nil)
            #expect(answer.fields[.vary] == "Origin")
        }
        let off = try await TestClient(on: transport).send(.get, "/livez", fields: [.origin: "https://a.example"])
        #expect(off.fields[.accessControlAllowOrigin] == nil)
        #expect(off.fields[.vary] == nil)
    }
}
