import HTTPCore
import HTTPTypes
import InferenceCore
import Testing

@testable import EmbedServer

@Suite("Whom the cache serves")
struct CacheScopeTests {
    private static let keys = ["first-key", "second-key"]

    /// What `x-cache-hits` says to each of two keys that embed the same text twice.
    private func hits(shared: Bool) async throws -> [String?] {
        let id = "tiny"
        let model = try EmbeddingModel(directory: Fixtures.directory("jina/nano"), id: id)
        var configuration = EngineConfiguration()
        configuration.cacheBytes = 1 << 20
        let engine = EmbeddingEngine(models: [model], configuration: configuration)
        let state = ServiceState()
        let backend = LoadedModel(model: model, engine: engine)
        state.becomeReady(try ModelCatalog([ServedModel(settings: ModelSettings(id: id), backend: backend)]))
        var runner = EmbeddingRunner(state: state, limiter: RateLimiter(), metrics: ServerMetrics())
        runner.sharesCache = shared
        let endpoint = EmbeddingsEndpoint(runner: runner)
        let ring = try KeyRing(apiKeys: Self.keys, path: nil)
        var hits: [String?] = []
        for key in Self.keys.map({ ring.find($0) }) + [nil] {
            for _ in 0..<2 {
                let head = HTTPRequest(method: .post, scheme: "http", authority: nil, path: "/v1/embeddings")
                let request = Request(head: head, path: "/v1/embeddings", body: Array(#"{"input":"the same"}"#.utf8))
                hits.append(try await endpoint.answer(request, key).response.fields[.cacheHits])
            }
        }
        await engine.shutDown()
        return hits
    }

    @Test("a key learns nothing of what another has embedded, and has the cache to itself")
    func separate() async throws {
        let hits = try await hits(shared: false)
        #expect(hits == ["0", "1", "0", "1", "0", "1"])
    }

    @Test("unless the operator lets keys share")
    func shared() async throws {
        let hits = try await hits(shared: true)
        #expect(hits == ["0", "1", "1", "1", "1", "1"])
    }
}
