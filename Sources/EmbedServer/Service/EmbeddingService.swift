import Glibc
import HTTPCore
import InferenceCore
import Logging

/// The running server: models, engine and HTTP, started and stopped in the right order.
struct EmbeddingService {
    /// What the operator chose.
    let settings: Settings
    /// Where models are that have no path of their own.
    let home: HomeDirectory
    /// Where lines of the log go.
    let log: LogQueue
    private let logger = Logger(label: "embed-server")

    /// Serves until SIGTERM or SIGINT, and then until the running requests are answered.
    ///
    /// The socket opens before the models are read, so that probes tell a slow start from a dead process.
    func run() async throws {
        let loader = ModelLoader(home: home)
        let models = loader.models(settings)
        try loader.check(models)
        let keys = try KeyRing(apiKeys: settings.auth.apiKeys, path: settings.auth.keysFile)
        let signals = TerminationSignals()
        let hangUps = Signals.stream([SIGHUP])
        let application = EmbeddingApplication(settings: settings, home: home, keys: keys)
        let server = HTTPServer(
            configuration: ServerConfiguration(settings.server),
            application: application.http,
            logger: Logger(label: "http")
        )
        application.metrics.add(server)
        application.metrics.add(log)
        let address = try await server.start()
        logger.notice(
            "listening",
            metadata: ["address": .string("\(settings.server.tls.key == nil ? "http" : "https")://\(address)")]
        )
        warnIfExposed(keys)
        do {
            let reloading = Task { await application.reloader.run(hangUps, of: server) }
            defer { reloading.cancel() }
            let engine = try await startEngine(models, loader: loader, of: application)
            await application.batches.start()
            let signal = await signals.first()
            logger.notice("stopping", metadata: ["signal": .stringConvertible(Int(signal ?? 0))])
            application.state.drain()
            await application.batches.stop()
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
        of application: EmbeddingApplication
    ) async throws -> EmbeddingEngine {
        let start = ContinuousClock.now
        let state = application.state
        let models = try await loader.load(settings, backend: self.settings.compute.backend)
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
        let catalog = try ModelCatalog(served)
        application.metrics.add(engine, models: served)
        state.becomeReady(catalog)
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

    private func warnIfExposed(_ keys: KeyRing) {
        let host = settings.server.host
        guard !keys.isLocked, HostName(host)?.isLoopback != true else { return }
        let names = settings.server.allowedHosts.isEmpty ? ", and server.allowedHosts to keep out foreign names" : ""
        logger.warning(
            "anybody who reaches \(host) may embed: set auth.keysFile or auth.apiKeys to ask for keys\(names)"
        )
    }
}
