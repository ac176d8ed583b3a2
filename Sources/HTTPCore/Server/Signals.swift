internal import Dispatch
internal import Glibc

/// The signals that ask a server to stop or to read its files again.
public enum Signals {
    /// Delivers `numbers`, for example `[SIGTERM, SIGINT]`, for as long as the stream is read.
    ///
    /// The default action of the signals is switched off for the whole process; the caller decides what they mean.
    /// Call once, before threads are started that could take the signal first.
    public static func stream(_ numbers: [Int32]) -> AsyncStream<Int32> {
        AsyncStream { continuation in
            let queue = DispatchQueue(label: "signals")
            let sources = numbers.map { number in
                // Ignored first, then watched: in the other order libdispatch's own handler is lost on Linux.
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
                source.setEventHandler { continuation.yield(number) }
                source.activate()
                return SignalSource(source)
            }
            continuation.onTermination = { _ in
                for source in sources { source.cancel() }
            }
        }
    }
}

/// Keeps a signal source alive and cancels it.
private struct SignalSource: @unchecked Sendable {
    // SAFETY: cancel() is the only call made after activation, and Dispatch allows it from any thread.
    private let source: any DispatchSourceSignal

    init(_ source: any DispatchSourceSignal) {
        self.source = source
    }

    func cancel() {
        source.cancel()
    }
}
