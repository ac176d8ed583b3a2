import Dispatch
import Glibc

/// SIGTERM and SIGINT as a stream.
///
/// A second signal finds the default action restored, and ends the process at once.
struct TerminationSignals {
    /// The numbers of the signals as they come.
    let received: AsyncStream<CInt>
    private let sources: [any DispatchSourceSignal]

    /// Takes the signals over from their default action.
    init() {
        let (stream, continuation) = AsyncStream.makeStream(of: CInt.self)
        received = stream
        let numbers = [SIGTERM, SIGINT]
        sources = numbers.map { number in
            // A signal source only observes: without this the default action would still end the process.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler {
                for number in numbers { signal(number, SIG_DFL) }
                continuation.yield(number)
            }
            source.resume()
            return source
        }
    }

    /// Waits for the first signal.
    func first() async -> CInt? {
        for await number in received { return number }
        return nil
    }
}
