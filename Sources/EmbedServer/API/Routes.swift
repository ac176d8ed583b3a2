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
    /// `/v1/files`, `/v1/batches` and `/v1/batch`.
    let batches: BatchRoutes

    /// All of them.
    ///
    /// Probes are answered on the event loops: elsewhere they would wait for a thread while large bodies are decoded.
    var all: [Route] {
        let embeddings = EmbeddingsEndpoint(runner: runner)
        let routes =
            dialects + batches.all + pages + [
                Route([.post], "/v1/embeddings", handler: gateway.locked(.embed, embeddings.answer)),
                Route([.post], "/embeddings", handler: gateway.locked(.embed, embeddings.answer)),
                Route(
                    [.post],
                    "/v1/explain",
                    bodyLimit: ExplainEndpoint.bodyLimit,
                    handler: gateway.locked(.embed, ExplainEndpoint(runner: runner).answer)
                ),
                Route([.get], "/v1/models", handler: gateway.open(models.list)),
                Route([.get], "/v1/models/{id}", handler: gateway.open(models.show)),
                Route([.get], "/openapi.json", handler: gateway.open(openAPI.answer)),
                .immediate([.get], "/livez", handler: gateway.probe(health.live)),
                .immediate([.get], "/live", handler: gateway.probe(health.live)),
                .immediate([.get], "/readyz", handler: gateway.probe(health.ready)),
                .immediate([.get], "/ready", handler: gateway.probe(health.ready)),
                .immediate([.get], "/health", handler: gateway.probe(health.ready)),
                Route([.get], "/metrics", handler: gateway.locked(.metrics, level: .debug, metrics.answer)),
                Route([.post], "/admin/reload", handler: gateway.locked(.admin, reload.answer)),
            ]
        // Without CORS the router answers OPTIONS by itself.
        return gateway.cors.isEnabled ? routes + preflights(of: routes) : routes
    }

    private var pages: [Route] {
        guard let playground else { return [] }
        return [Route([.get], "/", handler: gateway.open(playground.answer))]
    }

    /// One for each pattern, with the methods of all its routes.
    private func preflights(of routes: [Route]) -> [Route] {
        let cors = gateway.cors
        return Dictionary(grouping: routes, by: \.pattern).map { pattern, routes in
            Route([.options], pattern) { cors.preflight($0, methods: routes.flatMap(\.methods)) }
        }
    }
}
