import Dispatch
import Foundation
import HTTPCore
import HTTPTypes
import Logging

/// A server on a port of the system's choice, with timeouts that suit tests.
struct TestServer {
    let server: HTTPServer
    let port: Int

    /// Starts a server with an echo at `/` and `/echo`, and `routes`.
    static func start(
        _ routes: [Route] = [],
        configure: (inout ServerConfiguration) -> Void = { _ in },
        onResponse: @escaping @Sendable (ResponseRecord) -> Void = { _ in }
    ) async throws -> TestServer {
        let echo = Route([.get, .post], "/") { Response(status: .ok, body: $0.body) }
        return try await start(only: routes + [echo], configure: configure, onResponse: onResponse)
    }

    /// Starts a server with these routes and no others.
    static func start(
        only routes: [Route],
        configure: (inout ServerConfiguration) -> Void = { _ in },
        onResponse: @escaping @Sendable (ResponseRecord) -> Void = { _ in }
    ) async throws -> TestServer {
        var configuration = ServerConfiguration()
        configuration.port = 0
        configuration.timerInterval = .milliseconds(5)
        configuration.maximumBodyBytes = 1_000_000
        configure(&configuration)
        let server = HTTPServer(
            configuration: configuration,
            application: Application(
                router: Router(routes),
                errorResponse: { error, request in
                    var response = HTTPError.defaultResponse(to: error, of: request)
                    response.fields[.init("x-error-id")!] = request.id.rawValue
                    response.fields[.init("x-error-path")!] = request.path
                    return response
                },
                onResponse: onResponse
            ),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        return TestServer(server: server, port: try await server.start().port)
    }

    /// Runs blocking client code on a thread of its own: the handlers need those of the concurrency pool.
    func client<Result: Sendable>(_ body: @escaping @Sendable (Int) throws -> Result) async throws -> Result {
        let port = port
        return try await withCheckedThrowingContinuation { continuation in
            Thread { continuation.resume(with: Swift.Result { try body(port) }) }.start()
        }
    }

    /// Waits until `condition` holds for the server's counts; the suite's time limit ends a wait in vain.
    func wait(until condition: (ServerStatistics) -> Bool) async throws {
        while !condition(server.statistics) { try await Task.sleep(for: .milliseconds(2)) }
    }

    func stop() async {
        await server.shutDown(deadline: .milliseconds(100))
    }
}

/// A flag that a handler raises and a test waits for.
actor Signal {
    private var isRaised = false
    private var waiters: [CheckedContinuation<Void, Never>] = []

    func raise() {
        isRaised = true
        for waiter in waiters { waiter.resume() }
        waiters = []
    }

    func wait() async {
        guard !isRaised else { return }
        await withCheckedContinuation { waiters.append($0) }
    }
}

/// How many sockets this process has open.
func openSocketCount() -> Int {
    let folder = "/proc/self/fd"
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return entries.count { entry in
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(entry)"))?.hasPrefix("socket:") == true
    }
}
