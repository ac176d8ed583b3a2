internal import Glibc
public import Logging
internal import Synchronization

/// An HTTP/1.1 server.
///
///     var router = Router()
///     router.on(.get, "/livez") { _ in .json(Array(#"{"status":"ok"}"#.utf8)) }
///     let server = HTTPServer(
///         configuration: ServerConfiguration(),
///         application: Application(router: router),
///         logger: Logger(label: "http")
///     )
///     let address = try await server.start()
///     ...
///     await server.shutDown(deadline: .seconds(30))
public final class HTTPServer: Sendable {
    /// Where the server is in its life.
    private enum State {
        case made
        case starting
        case running(Listener, [EventLoop])
        case stopped
    }

    private let context: ServerContext
    private let state = Mutex(State.made)

    /// Makes a server that does not listen yet.
    ///
    /// - Parameters:
    ///   - configuration: Address, limits and timeouts.
    ///   - application: What is served.
    ///   - logger: Lack of descriptors goes to warning; faults of clients are counted, not logged.
    public init(configuration: ServerConfiguration, application: Application, logger: Logger) {
        context = ServerContext(configuration, application, logger: logger)
    }

    /// Binds, listens, and begins to serve.
    ///
    /// SIGPIPE is ignored from here on, for the whole process.
    ///
    /// - Returns: The bound address, with the port that the system chose if 0 was asked for.
    public func start() async throws(ServerError) -> SocketAddress {
        let configuration = context.configuration
        let isFirst = state.withLock { state in
            guard case .made = state else { return false }
            state = .starting
            return true
        }
        guard isFirst else { throw .alreadyStarted }
        let descriptor: Int32
        let address: SocketAddress
        do {
            try context.certificates?.load()
            (descriptor, address) = try ListeningSocket.open(
                host: configuration.host,
                port: configuration.port,
                backlog: configuration.backlog
            )
        } catch {
            state.withLock { $0 = .made }
            throw error
        }
        signal(SIGPIPE, SIG_IGN)
        let loops = (0..<max(1, configuration.eventLoopCount)).map { EventLoop(number: $0, context: context) }
        let listener = Listener(descriptor: descriptor, loops: loops, context: context)
        listener.start()
        context.certificates?.watch()
        state.withLock { $0 = .running(listener, loops) }
        return address
    }

    /// Stops in order, and returns when every connection is closed.
    ///
    /// No more connections are accepted. Idle ones are closed; requests already sent are answered, with
    /// `Connection: close`. After `deadline` the handlers still running are cancelled, their requests answered with 503,
    /// and their connections closed.
    public func shutDown(deadline: Duration) async {
        let end = ContinuousClock.now + deadline
        let running: (Listener, [EventLoop])? = state.withLock { state in
            defer { state = .stopped }
            return if case .running(let listener, let loops) = state { (listener, loops) } else { nil }
        }
        guard let (listener, loops) = running else { return }
        context.certificates?.stop()
        await listener.stop()
        // All loops know before the first client can tell: then no later answer promises to keep its connection.
        for loop in loops { loop.sync { $0.beginDraining() } }
        for loop in loops { loop.execute { $0.drain() } }
        await waitUntilClosed(or: end)
        for loop in loops { loop.execute { $0.abort() } }
        await waitUntilClosed(or: .now + .seconds(1))
        for loop in loops { loop.execute { $0.stop() } }
    }

    /// Reads the certificate files again, for connections to come; nothing happens without TLS.
    ///
    /// Files that have changed are noticed without this; if they cannot be used, the old certificate stays.
    public func reloadCertificate() throws(ServerError) {
        try context.certificates?.load()
    }

    /// Counts since the start.
    public var statistics: ServerStatistics {
        var statistics = context.counters.snapshot(connectionsOpen: context.slots.count)
        statistics.bodyBytesHeld = context.bodies.held
        statistics.answerBytesHeld = context.answers.held
        return statistics
    }

    /// Looks every few milliseconds: a drain is rare, and the last to close need not know of it.
    private func waitUntilClosed(or end: ContinuousClock.Instant) async {
        while context.slots.count > 0, ContinuousClock.now < end {
            try? await Task.sleep(for: .milliseconds(5))
        }
    }
}
