import HTTPCore
import Logging

extension EmbeddingService {
    /// Puts endpoints, routes and server together.
    func server(
        _ state: ServiceState,
        _ keys: KeyRing,
        _ metrics: ServerMetrics,
        _ reloader: Reloader
    ) -> (HTTPServer, BatchService) {
        let limiter = RateLimiter()
        // No client waits for a line of a batch: it may take as long as it needs.
        let patient = EmbeddingsEndpoint(
            runner: EmbeddingRunner(
                state: state,
                limiter: limiter,
                metrics: metrics,
                sharesCache: settings.cache.shared
            )
        )
        let batches = BatchService(
            directory: home.directory(of: settings.batch),
            settings: settings.batch,
            state: state,
            keys: keys,
            answer: patient.answer
        )
        let gateway = Gateway(
            authentication: Authentication(keys: keys),
            limiter: limiter,
            cors: CORSPolicy(allowedOrigins: settings.cors.allowedOrigins),
            log: AccessLog(logger: Logger(label: "access")),
            metrics: metrics
        )
        let routes = Routes(
            gateway: gateway,
            runner: EmbeddingRunner(
                state: state,
                limiter: limiter,
                metrics: metrics,
                requestTimeout: settings.scheduler.requestTimeoutSeconds.map { .seconds($0) },
                sharesCache: settings.cache.shared
            ),
            models: ModelsEndpoint(state: state, created: Timestamp.now.seconds),
            health: HealthEndpoint(state: state),
            metrics: MetricsEndpoint(metrics: metrics),
            reload: ReloadEndpoint(reloader: reloader),
            openAPI: OpenAPIEndpoint(),
            playground: settings.server.playground ? PlaygroundEndpoint() : nil,
            batches: BatchRoutes(gateway: gateway, service: batches, state: state)
        )
        let server = HTTPServer(
            configuration: ServerConfiguration(settings.server),
            router: Router(routes.all),
            logger: Logger(label: "http"),
            errorResponse: { gateway.refuse($0, $1, style: Routes.errorStyle(of: $1)) },
            onResponse: { metrics.record($0) }
        )
        return (server, batches)
    }
}

extension ServerConfiguration {
    /// Takes over what the operator chose.
    init(_ settings: ServerSettings) {
        self.init()
        host = settings.host
        port = settings.port
        maximumConnections = settings.maximumConnections
        maximumBodyBytes = settings.maximumBodyBytes
        // Many clients write their whole body before they read: they would miss a 413 that hangs up on them.
        maximumLingerBytes = 2 * settings.maximumBodyBytes
        maximumBufferedBodyBytes = settings.maximumBufferedBodyBytes
        compressesAnswers = settings.compression == .gzip
        minimumCompressedBytes = settings.compressionMinimumBytes
        if let certificate = settings.tls.certificate, let key = settings.tls.key {
            tls = TLSConfiguration(
                certificateFile: certificate,
                keyFile: key,
                clientAuthorityFile: settings.tls.clientCA
            )
        }
        headTimeout = .seconds(settings.headTimeoutSeconds)
        bodyTimeout = .seconds(settings.bodyTimeoutSeconds)
        idleTimeout = .seconds(settings.idleTimeoutSeconds)
        writeTimeout = .seconds(settings.writeTimeoutSeconds)
    }
}
