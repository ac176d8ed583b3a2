import HTTPCore
import InferenceCore
import Logging

/// The running server: models, engine and HTTP, started and stopped in the right order.
struct EmbeddingService {
    /// What the operator chose.
    let settings: Settings
    /// Where models are that have no path of their own.
    let home: HomeDirectory
    private let logger = Logger(label: "embed-server")

    /// Serves until SIGTERM or SIGINT, and then until the running requests are answered.
    ///
    /// The socket opens before the models are read, so that probes tell a slow start from a dead process.
    func run() async throws {
        let loader = ModelLoader(home: home)
        let models = loader.models(settings)
        try loader.check(models)
        let signals = TerminationSignals()
        let state = ServiceState()
        let server = server(state)
        let address = try await server.start()
        logger.notice("listening", metadata: ["address": .string("http://\(address)")])
        do {
            let engine = try await startEngine(models, loader: loader, state: state)
            let signal = await signals.first()
            logger.notice("stopping", metadata: ["signal": .stringConvertible(Int(signal ?? 0))])
            state.drain()
            await server.shutDown(deadline: .seconds(settings.server.shutdownTimeoutSeconds))
            await engine.shutDown()
            logger.notice("stopped")
        } catch {
            await server.shutDown(deadline: .zero)
            throw error
        }
    }

    private func startEngine(
        _ settings: [ModelSettings],
        loader: ModelLoader,
        state: ServiceState
    ) async throws -> EmbeddingEngine {
        let start = ContinuousClock.now
        let models = try await loader.load(settings)
        let engine = EmbeddingEngine(models: models, configuration: EngineConfiguration(self.settings)) { reason in
            logger.critical("the compute worker failed; restart the server", metadata: ["reason": .string(reason)])
            state.fail(reason: reason)
        }
        for (model, settings) in zip(models, settings) {
            try await test(model, of: engine, directory: loader.home.directory(of: settings))
        }
        let served = zip(settings, models).map {
            ServedModel(settings: $0, backend: LoadedModel(model: $1, engine: engine))
        }
        state.becomeReady(try ModelCatalog(served))
        for model in served { announce(model) }
        let elapsed = (ContinuousClock.now - start).milliseconds
        logger.notice("ready", metadata: ["load_ms": .stringConvertible(elapsed)])
        return engine
    }

    /// Refuses to become ready with a model that gives unsound vectors on this machine.
    private func test(_ model: EmbeddingModel, of engine: EmbeddingEngine, directory: String) async throws {
        let findings = try await SelfTest(model, of: engine, directory: directory).run()
        for finding in findings {
            logger.debug("self-test of \(model.description.id): \(finding.subject), \(finding.detail)")
        }
        let failed = findings.filter { !$0.passed }
        guard failed.isEmpty else { throw SelfTestFailure(id: model.description.id, findings: failed) }
    }

    private func announce(_ model: ServedModel) {
        let description = model.backend.description
        logger.notice(
            "serving \(model.id). \(ModelCard(model.id).text)",
            metadata: [
                "model": .string(model.id),
                "architecture": .string(description.architecture),
                "dimensions": .stringConvertible(description.dimensions),
                "max_tokens": .stringConvertible(description.maximumTokens),
                "parameters": .stringConvertible(description.parameterCount),
            ]
        )
    }

    private func server(_ state: ServiceState) -> HTTPServer {
        var configuration = ServerConfiguration()
        configuration.host = settings.server.host
        configuration.port = settings.server.port
        configuration.maximumConnections = settings.server.maximumConnections
        configuration.maximumBodyBytes = settings.server.maximumBodyBytes
        // Many clients write their whole body before they read: they would miss a 413 that hangs up on them.
        configuration.maximumLingerBytes = 2 * settings.server.maximumBodyBytes
        configuration.headTimeout = .seconds(settings.server.headTimeoutSeconds)
        configuration.bodyTimeout = .seconds(settings.server.bodyTimeoutSeconds)
        configuration.idleTimeout = .seconds(settings.server.idleTimeoutSeconds)
        configuration.writeTimeout = .seconds(settings.server.writeTimeoutSeconds)
        let log = AccessLog(logger: Logger(label: "access"))
        let routes = Routes.all(
            embeddings: EmbeddingsEndpoint(
                authentication: Authentication(keys: settings.auth.apiKeys),
                state: state,
                requestTimeout: settings.scheduler.requestTimeoutSeconds.map { .seconds($0) }
            ),
            models: ModelsEndpoint(state: state, created: Timestamp.now.seconds),
            health: HealthEndpoint(state: state),
            log: log
        )
        return HTTPServer(
            configuration: configuration,
            router: Router(routes),
            logger: Logger(label: "http"),
            errorResponse: { log.refuse($0, id: $1) }
        )
    }
}

/// A model that gives unsound vectors.
struct SelfTestFailure: Error, CustomStringConvertible {
    /// The model's name.
    let id: String
    /// What was not as it should be.
    let findings: [SelfTest.Finding]

    var description: String {
        let details = findings.map { "\($0.subject): \($0.detail)" }.joined(separator: "; ")
        return "\(id): the self-test failed, so this model is not served here. \(details)"
    }
}
