import HTTPCore
import HTTPTypes

/// The routes of the server: which endpoint answers which path.
enum Routes {
    /// - Parameter log: gets one line a request.
    static func all(
        embeddings: EmbeddingsEndpoint,
        models: ModelsEndpoint,
        health: HealthEndpoint,
        log: AccessLog
    ) -> [Route] {
        [
            Route([.post], "/v1/embeddings", handler: log.logged(embeddings.answer)),
            Route([.post], "/embeddings", handler: log.logged(embeddings.answer)),
            Route([.get], "/v1/models", handler: log.logged(models.list)),
            Route([.get], "/v1/models/{id}", handler: log.logged(models.show)),
            Route([.get], "/livez", handler: log.probed(health.live)),
            Route([.get], "/live", handler: log.probed(health.live)),
            Route([.get], "/readyz", handler: log.probed(health.ready)),
            Route([.get], "/ready", handler: log.probed(health.ready)),
            Route([.get], "/health", handler: log.probed(health.ready)),
        ]
    }
}
