import HTTPTypes
import InferenceCore
import JSONCore
import Testing

@testable import EmbedServer

@Suite("GET /v1/models")
struct ModelsEndpointTests {
    private static let settings = ModelSettings(
        id: "jina-embeddings-v5-text-small",
        aliases: ["text-embedding-3-small", ModelAlias("voyage", defaultTask: .retrievalQuery, defaultDimensions: 64)]
    )

    @Test("a model has the members of OpenAI's list and of Jina's")
    func members() async throws {
        let reply = try await TestClient([.fake(Self.settings)]).send(.get, "/v1/models")
        #expect(reply.json.object?.members.map(\.name) == ["object", "data"])
        #expect(reply.json["object"]?.string == "list")
        let model = try #require(reply.json["data"]?.array?.first)
        let strings = [
            "id": "jina-embeddings-v5-text-small", "object": "model", "owned_by": "jina-ai",
            "name": "Jina Embeddings v5 Text Small", "hugging_face_id": "jinaai/jina-embeddings-v5-text-small",
            "quantization": "BF16",
        ]
        for (name, value) in strings { #expect(model[name]?.string == value, "\(name)") }
        let numbers = ["created": 1_700_000_000, "context_length": 32, "max_output_length": 1_024]
        for (name, value) in numbers { #expect(model[name]?.integer == value, "\(name)") }
        let lists = [
            "input_modalities": ["text"], "output_modalities": ["embeddings"], "supported_sampling_parameters": [],
            "supported_features": [], "datacenters": [], "aliases": ["text-embedding-3-small", "voyage"],
            "tasks": EmbeddingTask.allCases.map(\.rawValue),
        ]
        for (name, value) in lists { #expect(model[name]?.array == value.map(JSONValue.string), "\(name)") }
        let prices = ["prompt", "completion", "image", "request", "input_cache_read", "input_cache_write"]
        #expect(model["pricing"]?.object?.members.map(\.name) == prices)
        for price in prices { #expect(model["pricing"]?[price]?.string == "0") }
        #expect(model["description"]?.string?.isEmpty == false)
    }

    @Test("one model is found by any of its names; an unknown one is 404")
    func one() async throws {
        let client = try TestClient([.fake(Self.settings)])
        let listed = try await client.send(.get, "/v1/models").json["data"]?.array?.first
        for name in ["voyage", "text-embedding-3-small", "jina-ai/jina-embeddings-v5-text-small"] {
            #expect(try await client.send(.get, "/v1/models/\(name)").json == listed)
        }
        let unknown = try await client.send(.get, "/v1/models/nope")
        #expect(unknown.status == 404)
        #expect(unknown.json["error"]?["code"]?.string == "model_not_found")
    }
}
