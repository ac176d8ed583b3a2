import Foundation
import HTTPCore
import HTTPTypes
import JSONCore
import Logging
import Testing

@testable import EmbedServer

/// Calls the routes without a socket.
struct TestClient {
    let state = ServiceState()
    let metrics = ServerMetrics()
    let log = RecordingLogHandler()
    let gateway: Gateway
    let routes: [Route]
    /// Its folder is made when it is first used.
    let batches: BatchService

    init(
        _ models: [ServedModel] = [.fake()],
        keys: KeyRing? = nil,
        origins: [String] = [],
        requestTimeout: Duration? = nil,
        playground: PlaygroundEndpoint? = PlaygroundEndpoint(),
        batch: BatchSettings = BatchSettings()
    ) throws {
        let keys = try keys ?? KeyRing(apiKeys: [], path: nil)
        let limiter = RateLimiter()
        let log = log
        gateway = Gateway(
            authentication: Authentication(keys: keys),
            limiter: limiter,
            cors: CORSPolicy(allowedOrigins: origins),
            log: AccessLog(logger: Logger(label: "test") { _ in log }),
            metrics: metrics
        )
        metrics.add(state)
        batches = BatchService(
            directory: batch.directory ?? FileManager.default.temporaryDirectory.path + "/batches-\(UUID().uuidString)",
            settings: batch,
            state: state,
            keys: keys,
            answer: EmbeddingsEndpoint(
                runner: EmbeddingRunner(state: state, limiter: limiter, metrics: metrics)
            ).answer
        )
        routes =
            Routes(
                gateway: gateway,
                runner: EmbeddingRunner(
                    state: state,
                    limiter: limiter,
                    metrics: metrics,
                    requestTimeout: requestTimeout
                ),
                models: ModelsEndpoint(state: state, created: 1_700_000_000),
                health: HealthEndpoint(state: state),
                metrics: MetricsEndpoint(metrics: metrics),
                reload: ReloadEndpoint(reloader: Reloader(keys: keys, metrics: metrics)),
                openAPI: OpenAPIEndpoint(),
                playground: playground,
                batches: BatchRoutes(gateway: gateway, service: batches, state: state)
            ).all
        if !models.isEmpty { state.becomeReady(try ModelCatalog(models)) }
    }

    /// The answer of a route, found by its pattern.
    func send(
        _ method: HTTPRequest.Method,
        _ pattern: String,
        parameters: [String: String] = [:],
        query: String? = nil,
        fields: HTTPFields = [:],
        body: [UInt8] = []
    ) async throws -> Reply {
        let route = try #require(routes.first { $0.pattern == pattern && $0.methods.contains(method) })
        var head = HTTPRequest(method: method, scheme: "http", authority: "localhost", path: pattern)
        head.headerFields = fields
        let request = Request(head: head, path: pattern, query: query, pathParameters: parameters, body: body)
        let response: Response
        switch route.admit(request) {
        case .handle(let handler): response = await handler(request)
        case .handleImmediately(let handler): response = handler(request)
        case .refuse(let refusal): response = refusal
        }
        return Reply(
            status: response.status.code,
            fields: response.fields,
            text: String(decoding: response.body, as: UTF8.self),
            json: (try? JSONParser.parse(response.body)) ?? .null,
            id: request.id.rawValue
        )
    }

    /// The answer to `POST /v1/embeddings`.
    func embed(_ body: String, fields: HTTPFields = [:]) async throws -> Reply {
        try await post("/v1/embeddings", body, fields: fields)
    }

    /// The answer to a body.
    func post(
        _ pattern: String,
        _ body: String,
        parameters: [String: String] = [:],
        fields: HTTPFields = [:]
    ) async throws -> Reply {
        try await send(.post, pattern, parameters: parameters, fields: fields, body: Array(body.utf8))
    }

    struct Reply {
        let status: Int
        let fields: HTTPFields
        let text: String
        let json: JSONValue
        let id: String

        /// `data[index].embedding`.
        func embedding(_ index: Int = 0) -> JSONValue? {
            guard let data = json["data"]?.array, index < data.count else { return nil }
            return data[index]["embedding"]
        }
    }
}
