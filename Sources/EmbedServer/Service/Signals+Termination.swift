import Glibc
import HTTPCore

extension Signals {
    private static let endings = [SIGTERM, SIGINT]

    /// Takes SIGTERM and SIGINT over from their default action.
    static func terminations() -> AsyncStream<CInt> { stream(endings) }

    /// Waits for the first of `terminations`.
    ///
    /// A second signal finds the default action restored, and ends the process at once.
    ///
    /// - Returns: its number; `nil` if the task is cancelled.
    static func first(of terminations: AsyncStream<CInt>) async -> CInt? {
        for await number in terminations {
            for number in endings { signal(number, SIG_DFL) }
            return number
        }
        return nil
    }
}
