import CPlatform
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
        cplatform_give_back_memory()
        let loader = ModelLoader(home: home)
        let models = loader.models(settings)
        try loader.check(models)
        let keys = try KeyRing(apiKeys: settings.auth.apiKeys, path: settings.auth.keysFile)
        let terminations = Signals.terminations()
        let hangUps = Signals.stream([SIGHUP])
        let application = EmbeddingApplication(settings: settings, home: home, keys: keys)
        let server = HTTPServer(
            configuration: serverConfiguration(),
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
            let trimming = Task {
                var trimmer = MemoryTrimmer()
                await trimmer.run()
            }
            defer {
                reloading.cancel()
                trimming.cancel()
            }
            var engine: EmbeddingEngine?
            let starting = Task { try await startEngine(models, loader: loader, of: application) }
            for await event in Self.events(starting, terminations) {
                switch event {
                case .started(let result):
                    engine = try result.get()
                    await application.batches.start()
                case .signal(let number):
                    logger.notice("stopping", metadata: ["signal": .stringConvertible(Int(number))])
                    application.state.drain()
                    guard let engine else { await endWhileLoading(server) }
                    await application.batches.stop()
                    await server.shutDown(deadline: .seconds(settings.server.shutdownTimeoutSeconds))
                    await engine.shutDown()
                    logger.notice("stopped")
                    return
                }
            }
        } catch {
            await server.shutDown(deadline: .zero)
            throw error
        }
    }

    private func serverConfiguration() -> ServerConfiguration {
        var configuration = ServerConfiguration(settings.server)
        let limit = DescriptorLimit.raised()
        if configuration.fit(limit) {
            logger.warning(
                "too few descriptors for server.maximumConnections: raise the limit of open files (ulimit -n, LimitNOFILE=)",
                metadata: [
                    "descriptors": .stringConvertible(limit.descriptors),
                    "connections": .stringConvertible(configuration.maximumConnections),
                ]
            )
        }
        return configuration
    }

    /// What the service waits for.
    private enum Event {
        /// The models are there, or cannot be.
        case started(Result<EmbeddingEngine, any Error>)
        /// Somebody wants the service to end.
        case signal(CInt)
    }

    /// Both events, whichever comes first.
    private static func events(
        _ starting: Task<EmbeddingEngine, any Error>,
        _ terminations: AsyncStream<CInt>
    ) -> AsyncStream<Event> {
        AsyncStream { continuation in
            Task { continuation.yield(.started(await starting.result)) }
            Task { if let number = await Signals.first(of: terminations) { continuation.yield(.signal(number)) } }
        }
    }

    /// Ends the process under the thread that reads the models or tests them: neither can be told to stop, and nobody
    /// has been served.
    private func endWhileLoading(_ server: HTTPServer) async -> Never {
        await server.shutDown(deadline: .zero)
        logger.notice("stopped")
        log.flush(within: .seconds(1))
        _exit(EXIT_SUCCESS)
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
