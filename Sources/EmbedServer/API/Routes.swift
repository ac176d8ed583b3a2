import HTTPCore
import HTTPTypes
import Logging

/// The routes of the server: which endpoint answers which path.
struct Routes {
    /// What every request passes.
    let gateway: Gateway
    /// `POST /v1/embeddings`.
    let embeddings: EmbeddingsEndpoint
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

    /// All of them.
    ///
    /// Probes come every few seconds, and would drown the log at its usual level.
    var all: [Route] {
        let routes = [
            Route([.post], "/v1/embeddings", handler: gateway.locked(.embed, embeddings.answer)),
            Route([.post], "/embeddings", handler: gateway.locked(.embed, embeddings.answer)),
            Route([.get], "/v1/models", handler: gateway.open(models.list)),
            Route([.get], "/v1/models/{id}", handler: gateway.open(models.show)),
            Route([.get], "/openapi.json", handler: gateway.open(openAPI.answer)),
            Route([.get], "/livez", handler: gateway.open(level: .debug, health.live)),
            Route([.get], "/live", handler: gateway.open(level: .debug, health.live)),
            Route([.get], "/readyz", handler: gateway.open(level: .debug, health.ready)),
            Route([.get], "/ready", handler: gateway.open(level: .debug, health.ready)),
            Route([.get], "/health", handler: gateway.open(level: .debug, health.ready)),
            Route([.get], "/metrics", handler: gateway.locked(.metrics, level: .debug, metrics.answer)),
            Route([.post], "/admin/reload", handler: gateway.locked(.admin, reload.answer)),
        ]
        // Without CORS the router answers OPTIONS by itself.
        return gateway.cors.isEnabled ? routes + routes.map(preflight) : routes
    }

    private func preflight(of route: Route) -> Route {
        let cors = gateway.cors
        return Route([.options], route.pattern) { cors.preflight($0, methods: route.methods) }
    }
}
