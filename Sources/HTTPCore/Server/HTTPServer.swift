public import Logging

/// An HTTP/1.1 server.
///
///     var router = Router()
///     router.on(.get, "/livez") { _ in .json(Array(#"{"status":"ok"}"#.utf8)) }
///     let server = HTTPServer(configuration: ServerConfiguration(), router: router, logger: Logger(label: "http"))
///     let address = try await server.start()
///     ...
///     await server.shutDown(deadline: .seconds(30))
public final class HTTPServer: Sendable {
    /// Makes a server that does not listen yet.
    ///
    /// - Parameters:
    ///   - configuration: Address, limits and timeouts.
    ///   - router: The routes.
    ///   - logger: Client faults go to debug, lack of descriptors to warning.
    ///   - errorResponse: Makes the answer to a request that no handler sees, so that all errors of an application look
    ///     alike. The server adds `Allow` where RFC 9110 asks for it.
    ///   - onResponse: Called once for each answer, on an event loop: keep it short.
    public init(
        configuration: ServerConfiguration,
        router: Router,
        logger: Logger,
        errorResponse: @escaping @Sendable (HTTPError, RequestID) -> Response = HTTPError.defaultResponse,
        onResponse: @escaping @Sendable (ResponseRecord) -> Void = { _ in }
    ) {
    }

    /// Binds, listens, and begins to serve.
    ///
    /// - Returns: The bound address, with the port that the system chose if 0 was asked for.
    public func start() async throws(ServerError) -> SocketAddress {
        throw .alreadyStarted
    }

    /// Stops in order, and returns when every connection is closed.
    ///
    /// No more connections are accepted. Idle ones are closed; requests already sent are answered, with
    /// `Connection: close`. After `deadline` the handlers still running are cancelled and their connections closed.
    public func shutDown(deadline: Duration) async {
    }

    /// Counts since the start.
    public var statistics: ServerStatistics { ServerStatistics() }
}
