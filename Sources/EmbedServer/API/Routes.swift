import HTTPCore
import HTTPTypes
import Logging

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
            ([.post], ["/v1/embeddings", "/v1/embeddings/", "/embeddings", "/embeddings/"], .info, embeddings.answer),
            ([.get], ["/v1/models", "/v1/models/"], .info, { models.list($0) }),
            ([.get], ["/v1/models/{id}"], .info, { models.show($0) }),
            // Probes come every few seconds: they would drown the log.
            ([.get], ["/livez", "/live"], .debug, { health.live($0) }),
            ([.get], ["/readyz", "/ready", "/health"], .debug, { health.ready($0) }),
        ].flatMap { (entry: Entry) in
            entry.paths.map { Route(entry.methods, $0, handler: log.logged(at: entry.level, entry.answer)) }
        }
    }

    private typealias Entry = (
        methods: [HTTPRequest.Method], paths: [String], level: Logger.Level,
        answer: @Sendable (Request) async -> Answer
    )
}
