import Foundation
import HTTPCore
import HTTPTypes
import JSONCore
import Logging
import Testing

@testable import EmbedServer

@Suite("What the head of a request decides")
struct AdmissionTests {
    private let keys: KeyRing

    init() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("keys-\(UUID()).json")
        try Data(
            """
            {"keys": [
              {"name": "embedder", "key": "e", "requestsPerMinute": 2},
              {"name": "reader", "key": "m", "scopes": ["metrics"]}
            ]}
            """.utf8
        ).write(to: file)
        keys = try KeyRing(apiKeys: [], path: file.path)
    }

    /// The refusal of a head without a body; `nil` if the body is asked for.
    private func refusal(
        _ client: TestClient,
        _ method: HTTPRequest.Method,
        _ pattern: String,
        authority: String? = "localhost",
        fields: HTTPFields = [:]
    ) throws -> Response? {
        let route = try #require(client.routes.first { $0.pattern == pattern && $0.methods == [method] })
        let head = HTTPRequest(
            method: method,
            scheme: "http",
            authority: authority,
            path: pattern,
            headerFields: fields
        )
        switch route.admit(Request(head: head, path: pattern)) {
        case .refuse(let response): return response
        case .handle, .handleImmediately: return nil
        }
    }

    @Test("keys, scopes and requests a minute are decided before a body")
    func keysFirst() throws {
        let client = try TestClient(keys: keys)
        for (path, member) in [("/v1/files", "detail"), ("/v1/embeddings", "detail"), ("/embed", "error_type")] {
            let missing = try #require(try refusal(client, .post, path))
            #expect(missing.status == .unauthorized)
            #expect(try JSONParser.parse(missing.body)[member] != nil)
            let wrong = try refusal(client, .post, path, fields: [.authorization: "Bearer no"])
            #expect(wrong?.status == .unauthorized)
            let narrow = try refusal(client, .post, path, fields: [.authorization: "Bearer m"])
            #expect(narrow?.status == .forbidden)
        }
        let key: HTTPFields = [.authorization: "Bearer e"]
        #expect(try refusal(client, .post, "/v1/files", fields: key) == nil)
        #expect(try refusal(client, .post, "/v1/embeddings", fields: key) == nil)
        let third = try #require(try refusal(client, .post, "/v1/embeddings", fields: key))
        #expect(third.status == .tooManyRequests)
        #expect(third.fields[.retryAfter] != nil)
        #expect(third.fields[HTTPField.Name("x-ratelimit-remaining-requests")!] == "0")
        #expect((third.note as? RequestNote)?.facts["key"] == "embedder")
    }

    @Test("a request counts once, whatever its body turns out to be", arguments: Transport.allCases)
    func countedOnce(transport: Transport) async throws {
        let client = try TestClient(keys: keys, on: transport)
        let key: HTTPFields = [.authorization: "Bearer e"]
        #expect(try await client.embed("{", fields: key).status == 422)
        let second = try await client.embed(#"{"input":"a"}"#, fields: key)
        #expect(second.status == 200)
        #expect(second.fields[HTTPField.Name("x-ratelimit-remaining-requests")!] == "0")
        #expect(try await client.embed(#"{"input":"a"}"#, fields: key).status == 429)
    }

    @Test("probes, and nothing else, are served where only probes are")
    func probes() throws {
        let probes = try TestClient().routes.filter(\.isProbe).map(\.pattern)
        #expect(Set(probes) == ["/livez", "/live", "/readyz", "/ready", "/health"])
        #expect(probes.count == 5)
    }

    @Test(
        "a dialect's style is that of its routes: for bodies that are too long, and for other methods",
        arguments: Transport.allCases
    )
    func styles(transport: Transport) async throws {
        let client = try TestClient(on: transport)
        let members = ["/embed": "error_type", "/api/embed": "error", "/v2/embed": "message"]
        for (path, member) in members {
            let reply = try await client.send(.put, path)
            #expect(reply.status == 405)
            #expect(reply.json[member] != nil && reply.json["detail"] == nil, "\(path)")
            #expect(reply.fields[.allow] == "POST, OPTIONS")
        }
        let gemini = try await client.send(.put, "/v1beta/models/x:embedContent")
        #expect(gemini.json["error"]?["status"]?.string == "INVALID_ARGUMENT")
        // Where dialects share a path, another method is nobody's.
        for path in ["/v1/models/x:embedContent", "/"] {
            #expect(try await client.send(.put, path).json["detail"] != nil)
        }
        for route in client.routes where route.methods == [.post] && route.pattern.contains("/models/") {
            let refuse = try #require(route.errorResponse)
            let response = refuse(.contentTooLarge(limit: 5), RefusedRequest(id: RequestID()))
            #expect(response.status == .contentTooLarge)
            #expect(try JSONParser.parse(response.body)["error"]?["code"]?.integer == 413)
        }
        let long = try await client.send(.post, "/tokenize", body: Array(repeating: 0x20, count: (2 << 20) + 1))
        #expect(long.status == 413)
        #expect(long.json["error_type"]?.string == "Validation")
        // What is nobody's is refused as `/v1/embeddings` does.
        for path in ["/api/nope", "/v2/nope", "/nope", "/embed_none"] {
            let reply = try await client.send(.get, path)
            #expect(reply.status == 404)
            #expect(reply.json["detail"] != nil, "\(path)")
        }
    }

    @Test(
        "answers to requests with a key are not kept by caches, whichever field it came in",
        arguments: Transport.allCases,
        ["authorization", "api-key", "x-api-key", "x-goog-api-key"]
    )
    func noStore(transport: Transport, name: String) async throws {
        let client = try TestClient(keys: try KeyRing(apiKeys: ["k"], path: nil), on: transport)
        let key: HTTPFields = [HTTPField.Name(name)!: name == "authorization" ? "Bearer k" : "k"]
        let wrong: HTTPFields = [HTTPField.Name(name)!: "no"]
        #expect(try await client.embed(#"{"input":"a"}"#, fields: key).fields[.cacheControl] == "no-store")
        #expect(try await client.embed(#"{"input":"a"}"#, fields: wrong).fields[.cacheControl] == "no-store")
        #expect(try await client.embed("{", fields: key).fields[.cacheControl] == "no-store")
        #expect(try await client.send(.get, "/nope", fields: key).fields[.cacheControl] == "no-store")
        #expect(try await client.send(.get, "/livez", fields: key).fields[.cacheControl] == "no-store")
        #expect(try await client.send(.get, "/", fields: key).fields[.cacheControl] == "no-cache")
        #expect(try await client.send(.get, "/info").fields[.cacheControl] == nil)
    }

    @Test("without keys on loopback, only local names are served; probes are whatever Host says")
    func hosts() throws {
        let client = try TestClient()
        for (authority, isServed) in [("localhost:8080", true), ("evil.example", false), ("", false), (nil, true)] {
            for (method, pattern) in [
                (HTTPRequest.Method.get, "/"), (.get, "/v1/models"), (.get, "/v1/files"), (.post, "/v1/embeddings"),
                (.delete, "/v1/files/{id}"), (.post, "/admin/reload"), (.get, "/metrics"), (.post, "/embed"),
            ] {
                let refusal = try refusal(client, method, pattern, authority: authority)
                #expect(refusal?.status == (isServed ? nil : .misdirectedRequest), "\(method) \(pattern)")
                guard let refusal else { continue }
                #expect(String(decoding: refusal.body, as: UTF8.self).contains("server.allowedHosts"))
            }
            for path in ["/livez", "/live", "/readyz", "/ready", "/health"] {
                #expect(try refusal(client, .get, path, authority: authority) == nil)
            }
        }
    }

    @Test("a name that leads here by DNS rebinding reads nothing", arguments: Transport.allCases)
    func rebinding(transport: Transport) async throws {
        let client = try TestClient(on: transport)
        // To the browser the page of this name and the server are one origin.
        let fields: HTTPFields = [.origin: "http://evil.example:8080", .secFetchSite: "same-origin"]
        for (method, path) in [(HTTPRequest.Method.get, "/v1/files"), (.post, "/v1/embeddings"), (.get, "/")] {
            let reply = try await client.send(method, path, authority: "evil.example:8080", fields: fields)
            #expect(reply.status == 421, "\(path)")
        }
        #expect(try await client.send(.get, "/livez", authority: "evil.example").status == 200)
        let named = try TestClient(on: transport) { $0.server.allowedHosts = ["evil.example"] }
        #expect(try await named.send(.get, "/v1/models", authority: "evil.example:8080").status == 200)
    }

    @Test("pages of other origins can have nothing done, with or without keys", arguments: Transport.allCases)
    func origins(transport: Transport) async throws {
        let form = "--X\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--X--\r\n"
        let requests: [(HTTPRequest.Method, String, String, String)] = [
            (.post, "/admin/reload", "text/plain", ""), (.post, "/v1/files", "multipart/form-data; boundary=X", form),
            (.post, "/v1/embeddings", "text/plain", #"{"input":"a"}"#), (.post, "/", "text/plain", #"{"inputs":"a"}"#),
            (.get, "/v1/files", "text/plain", ""), (.get, "/v1/batches", "text/plain", ""),
            (.post, "/v1beta/models/m:embedContent", "text/plain", "{}"),
        ]
        for keys in [nil, try KeyRing(apiKeys: ["k"], path: nil)] {
            let client = try TestClient(keys: keys, on: transport)
            for (method, path, type, body) in requests {
                for page: HTTPFields in [
                    [.origin: "https://evil.example"], [.origin: "null"], [.secFetchSite: "cross-site"],
                    [.secFetchSite: "same-site"], [.origin: "http://localhost:3000"],
                ] {
                    var fields = page
                    fields[.contentType] = type
                    fields[.authorization] = keys == nil ? nil : "Bearer k"
                    let reply = try await client.send(method, path, fields: fields, body: Array(body.utf8))
                    #expect(reply.status == 403, "\(path) \(page)")
                    #expect(reply.text.contains("cors.allowedOrigins"))
                }
            }
            // What tells only what the server is, is open to all.
            for path in ["/v1/models", "/livez", "/openapi.json"] {
                let reply = try await client.send(.get, path, fields: [.origin: "https://evil.example"])
                #expect(reply.status == 200)
            }
        }
    }

    @Test("the playground, pages of allowed origins, and programs go on", arguments: Transport.allCases)
    func welcome(transport: Transport) async throws {
        let client = try TestClient(on: transport) { $0.cors.allowedOrigins = ["https://app.example"] }
        let body = Array(#"{"input":"a"}"#.utf8)
        for fields: HTTPFields in [
            [:], [.origin: "http://localhost:8080", .secFetchSite: "same-origin"], [.secFetchSite: "none"],
            [.origin: "https://app.example", .secFetchSite: "cross-site"], [.origin: "https://localhost:8080"],
        ] {
            let reply = try await client.send(
                .post,
                "/v1/embeddings",
                authority: "localhost:8080",
                fields: fields,
                body: body
            )
            #expect(reply.status == 200, "\(fields)")
        }
        let preflight = try await client.send(.options, "/v1/embeddings", fields: [.origin: "https://evil.example"])
        #expect(preflight.status == 204)
        #expect(preflight.fields[.accessControlAllowOrigin] == nil)
    }
}
