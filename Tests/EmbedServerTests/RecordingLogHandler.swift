import Logging
import Synchronization

/// Keeps what is logged.
final class RecordingLogHandler: LogHandler {
    private let recorded = Mutex<[Logger.Metadata]>([])

    /// The particulars of every line so far.
    var lines: [Logger.Metadata] { recorded.withLock { $0 } }

    var logLevel: Logger.Level {
        get { .info }
        set {}
    }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        recorded.withLock { $0.append(event.metadata ?? [:]) }
    }
}
