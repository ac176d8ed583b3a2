import ArgumentParser
import Glibc
import HTTPCore

/// SIGINT and SIGTERM to a command that can go on another time.
enum Interruption {
    /// Runs `work` until it ends or the first signal cancels it; a second signal ends the process at once.
    ///
    /// - Throws: what `work` throws; after a signal the exit code that shells give it.
    static func stops(_ work: @escaping @Sendable () async throws -> Void) async throws {
        let terminations = Signals.terminations()
        let task = Task { try await work() }
        let watcher = Task {
            let number = await Signals.first(of: terminations)
            task.cancel()
            return number ?? SIGINT
        }
        defer { watcher.cancel() }
        do {
            try await task.value
        } catch is CancellationError {
            StandardError.write("stopped; the same command goes on from here\n")
            throw ExitCode(128 + (await watcher.value))
        }
    }
}
