import HTTPCore
import HTTPTypes
import Logging

/// The routes of the server: which endpoint answers which path.
struct Routes {
    /// What every request passes.
    let gateway: Gateway
    /// What embeds, for every dialect.
    let runner: EmbeddingRunner
    /// `GET /v1/models`.
    let models: ModelsEndpoint
    /// Probes.
    let health: HealthEndpoint
    /// `GET /metrics`.
    let metrics: MetricsEndpoint
    /// `POST /admin/reload`.
    let reload: ReloadEndpoint
    /// `GET /openapi.json`.
    let openAPI: OpenAPIEndpoint
    /// `GET /`; `nil` where the operator has turned it off.
    let playground: PlaygroundEndpoint?
    /// What `/v1/files`, `/v1/batches` and `/v1/batch` stand for.
    let batches: BatchService

    /// All of them.
    var all: [Route] {
        let embeddings = EmbeddingsEndpoint(runner: runner)
        let explain = ExplainEndpoint(runner: runner)
        let routes =
            dialects + fileAndBatchRoutes + pages + [
                gateway.locked(.embed, .post, "/v1/embeddings", embeddings.answer),
                gateway.locked(.embed, .post, "/embeddings", embeddings.answer),
                gateway.locked(.embed, .post, "/v1/explain", bodyLimit: ExplainEndpoint.bodyLimit, explain.answer),
                gateway.open(.get, "/v1/models", models.list),
                gateway.open(.get, "/v1/models/{id}", models.show),
                gateway.open(.get, "/openapi.json", openAPI.answer),
                gateway.probe("/livez", health.live),
                gateway.probe("/live", health.live),
                gateway.probe("/readyz", health.ready),
                gateway.probe("/ready", health.ready),
                gateway.probe("/health", health.ready),
                gateway.locked(.metrics, .get, "/metrics", level: .debug, metrics.answer),
                gateway.locked(.admin, .post, "/admin/reload", reload.answer),
            ]
        // Without CORS the router answers OPTIONS by itself.
        return gateway.cors.isEnabled ? routes + preflights(of: routes) : routes
    }

    private var pages: [Route] {
        guard let playground else { return [] }
        return [gateway.open(.get, "/", playground.answer)]
    }

    /// One for each pattern, with the methods of all its routes.
    private func preflights(of routes: [Route]) -> [Route] {
        let cors = gateway.cors
        return Dictionary(grouping: routes, by: \.pattern).map { pattern, routes in
            Route([.options], pattern) { cors.preflight($0, methods: routes.flatMap(\.methods)) }
        }
    }
}
