import HTTPCore
import HTTPTypes
import JSONCore
import Logging
import Testing

@testable import EmbedServer

@Suite("Models, probes, keys and refusals")
struct OperationsTests {
    @Test("the list of models serves the readers of OpenAI's and of Jina's")
    func models() async throws {
        let reply = try await TestClient([.fake(.standard, .bert), .fake()]).send(.get, "/v1/models")
        #expect(reply.status == 200)
        #expect(reply.json["object"]?.string == "list")
        let models = try #require(reply.json["data"]?.array)
        #expect(models.compactMap { $0["id"]?.string } == ["all-MiniLM-L6-v2", "jina-embeddings-v5-text-small"])
        for model in models {
            #expect(model["object"]?.string == "model")
            #expect(model["created"]?.integer == 1_700_000_000)
            for key in ["owned_by", "name", "description", "hugging_face_id", "quantization"] {
                #expect(model[key]?.string?.isEmpty == false, "\(key)")
            }
            #expect(model["pricing"]?["prompt"]?.string == "0")
        }
        #expect(models[0]["max_output_length"]?.integer == 384)
        #expect(models[0]["context_length"]?.integer == 32)
        let text = try #require(models[0]["description"]?.string)
        #expect(text.contains("small default model"))
        #expect(text.contains("--model jina-embeddings-v5-text-nano=DIR"))
        #expect(models[1]["hugging_face_id"]?.string == "jinaai/jina-embeddings-v5-text-small")
        #expect(models[1]["tasks"]?.array?.count == 5)
    }

    @Test(
        "one model by any of its names",
        arguments: ["jina-embeddings-v5-text-small", "jinaai/jina-embeddings-v5-text-small"]
    )
    func model(id: String) async throws {
        let reply = try await TestClient().send(.get, "/v1/models/\(id)")
        #expect(reply.json["id"]?.string == "jina-embeddings-v5-text-small")
    }

    @Test("an unknown model is 404 here")
    func unknownModel() async throws {
        let reply = try await TestClient().send(.get, "/v1/models/nope")
        #expect(reply.status == 404)
        #expect(reply.json["error"]?["code"]?.string == "model_not_found")
    }

    @Test("probes tell life from readiness")
    func probes() async throws {
        let client = try TestClient([])
        func statuses() async throws -> [Int] {
            var statuses: [Int] = []
            for path in ["/livez", "/live", "/readyz", "/ready", "/health"] {
                statuses.append(try await client.send(.get, path).status)
            }
            return statuses
        }
        #expect(try await statuses() == [200, 200, 503, 503, 503])
        client.state.becomeReady(try ModelCatalog([.fake()]))
        #expect(try await statuses() == [200, 200, 200, 200, 200])
        client.state.drain()
        #expect(try await statuses() == [200, 200, 503, 503, 503])
        #expect(try await client.send(.get, "/readyz").json["status"]?.string == "draining")
    }

    @Test(
        "keys are taken from the fields that clients use",
        arguments: [
            ("authorization", "Bearer k2", 200, nil),
            ("authorization", "bearer k1", 200, nil),
            ("api-key", "k1", 200, nil),
            ("x-api-key", "k2", 200, nil),
            ("authorization", "Bearer k3", 401, "AUTH_INVALID_API_KEY"),
            ("authorization", "Bearer k", 401, "AUTH_INVALID_API_KEY"),
            ("authorization", "Bearer k11", 401, "AUTH_INVALID_API_KEY"),
            ("authorization", "Basic k1", 401, "AUTH_MISSING_API_KEY"),
            ("authorization", "Bearer", 401, "AUTH_MISSING_API_KEY"),
            ("accept", "*/*", 401, "AUTH_MISSING_API_KEY"),
        ] as [(String, String, Int, String?)]
    )
    func keys(name: String, value: String, status: Int, code: String?) async throws {
        let fields: HTTPFields = [HTTPField.Name(name)!: value]
        let reply = try await TestClient(keys: KeyRing(apiKeys: ["k1", "k2"], path: nil)).embed(
            #"{"input":"a"}"#,
            fields: fields
        )
        #expect(reply.status == status)
        #expect(reply.json["code"]?.string == code)
        if status == 401 {
            #expect(reply.fields[.wwwAuthenticate] == "Bearer")
            #expect(reply.json["detail"]?.string?.contains("Incorrect API key provided") == true)
            #expect(reply.json["error"]?["code"]?.string == "invalid_api_key")
        }
    }

    @Test("with keys on, probes and models stay open; with keys off, whatever is sent is ignored")
    func openRoutes() async throws {
        let locked = try TestClient(keys: KeyRing(apiKeys: ["k"], path: nil))
        #expect(try await locked.send(.get, "/v1/models").status == 200)
        #expect(try await locked.send(.get, "/readyz").status == 200)
        let open = try await TestClient().embed(#"{"input":"a"}"#, fields: [.authorization: "Bearer x"])
        #expect(open.status == 200)
    }

    @Test(
        "what the HTTP layer refuses has the same body",
        arguments: [
            .badRequest(reason: "r"), .notFound(path: "/x"), .methodNotAllowed(method: .get, allowed: [.post]),
            .requestTimeout, .lengthRequired, .contentTooLarge(limit: 5), .uriTooLong(limit: 5), .expectationFailed,
            .fieldsTooLarge, .notImplemented(what: "x"), .shuttingDown, .versionNotSupported,
        ] as [HTTPError]
    )
    func refusals(error: HTTPError) throws {
        let client = try TestClient()
        let id = RequestID()
        let response = client.application.http.errorResponse(error, RefusedRequest(id: id))
        #expect(response.status == error.status)
        #expect(response.fields[.contentType] == "application/json")
        let body = try JSONParser.parse(response.body)
        #expect(body["detail"]?.string == error.message)
        #expect(body["request_id"]?.string == id.rawValue)
        #expect(body["error"]?["message"]?.string == error.message)
        let note = try #require(response.note as? RequestNote)
        #expect(note.error == body["code"]?.string)
        #expect(note.refusal == error.message)
    }

    @Test("what the HTTP layer refuses can be read by pages of allowed origins")
    func refusalsAndPages() throws {
        let client = try TestClient { $0.cors.allowedOrigins = ["https://a.example"] }
        func refuse(_ origin: String) -> HTTPFields {
            let request = RefusedRequest(id: RequestID(), path: "/x", fields: [.origin: origin])
            return client.application.http.errorResponse(.notFound(path: "/x"), request).fields
        }
        #expect(refuse("https://a.example")[.accessControlAllowOrigin] == "https://a.example")
        #expect(refuse("https://b.example")[.accessControlAllowOrigin] == nil)
        #expect(refuse("https://b.example")[.vary] == "Origin")
    }
}
