import ArgumentParser
import Glibc

/// SIGINT and SIGTERM to a command that can go on another time.
enum Interruption {
    /// Runs `work` until it ends or the first signal cancels it; a second signal ends the process at once.
    ///
    /// - Throws: what `work` throws; after a signal the exit code that shells give it.
    static func stops(_ work: @escaping @Sendable () async throws -> Void) async throws {
        let signals = TerminationSignals()
        let task = Task { try await work() }
        let received = signals.received
        let watcher = Task {
            for await number in received {
                task.cancel()
                return number
            }
            return SIGINT
        }
        defer { watcher.cancel() }
        do {
            try await task.value
        } catch is CancellationError {
            StandardError.write("stopped; the same command goes on from here\n")
            throw ExitCode(128 + (await watcher.value))
        }
        withExtendedLifetime(signals) {}
    }
}
