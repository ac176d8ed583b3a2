import HTTPCore
import Logging

/// What the server serves, without sockets and before there are models: the one place where endpoints, gateway, batches
/// and routes are put together.
///
/// `serve` puts it on a socket; tests do too, or ask it single requests.
struct EmbeddingApplication {
    /// Where the models are, once there are any.
    let state = ServiceState()
    /// What is measured.
    let metrics = ServerMetrics()
    /// Reads the keys again.
    let reloader: Reloader
    /// Runs batches, once it is started.
    let batches: BatchService
    /// All routes.
    let routes: [Route]
    /// The routes, the form of refusals, and the observer of requests.
    let http: Application

    /// Puts everything together.
    ///
    /// - Parameters:
    ///   - settings: what the operator chose.
    ///   - home: where files are that have no path of their own.
    ///   - keys: the keys in force.
    ///   - accessLog: gets one line for each request.
    ///   - startedAt: seconds since 1970, which models claim to be made at.
    init(
        settings: Settings,
        home: HomeDirectory,
        keys: KeyRing,
        accessLog: Logger = Logger(label: "access"),
        startedAt: Int = Timestamp.now.seconds
    ) {
        let limiter = RateLimiter()
        // No client waits for a line of a batch: it may take as long as it needs.
        let patient = EmbeddingRunner(
            state: state,
            limiter: limiter,
            metrics: metrics,
            sharesCache: settings.cache.shared
        )
        var runner = patient
        runner.requestTimeout = settings.scheduler.requestTimeoutSeconds.map { .seconds($0) }
        reloader = Reloader(keys: keys, metrics: metrics)
        batches = BatchService(
            directory: home.directory(of: settings.batch),
            settings: settings.batch,
            state: state,
            keys: keys,
            answer: EmbeddingsEndpoint(runner: patient).answer
        )
        let gateway = Gateway(
            authentication: Authentication(keys: keys),
            limiter: limiter,
            hosts: HostPolicy(
                listeningOn: settings.server.host,
                allowedHosts: settings.server.allowedHosts,
                isLocked: keys.isLocked
            ),
            origins: OriginPolicy(allowedOrigins: settings.cors.allowedOrigins),
            cors: CORSPolicy(allowedOrigins: settings.cors.allowedOrigins)
        )
        routes =
            Routes(
                gateway: gateway,
                runner: runner,
                models: ModelsEndpoint(state: state, created: startedAt),
                health: HealthEndpoint(state: state),
                metrics: MetricsEndpoint(metrics: metrics),
                reload: ReloadEndpoint(reloader: reloader),
                openAPI: OpenAPIEndpoint(),
                playground: settings.server.playground ? PlaygroundEndpoint() : nil,
                batches: batches
            ).all
        let observer = RequestObserver(log: AccessLog(logger: accessLog), metrics: metrics)
        http = Application(
            router: Router(routes),
            errorResponse: { gateway.refuse($0, $1) },
            onResponse: observer.observe
        )
        metrics.add(state)
    }
}
