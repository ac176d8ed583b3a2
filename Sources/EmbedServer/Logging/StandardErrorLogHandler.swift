import Glibc
import JSONCore
public import Logging

/// Writes log lines to stderr, each with one `write`, so that lines of several threads do not mix.
struct StandardErrorLogHandler: LogHandler {
    /// How a line looks; not `auto`.
    let format: LogFormat
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = event.metadata.map { metadata.merging($0) { _, new in new } } ?? metadata
        let time = Timestamp.now
        let line =
            format == .json
            ? LogLine.json(time: time, level: event.level, message: event.message, metadata: all)
            : LogLine.text(time: time, level: event.level, message: event.message, metadata: all)
        StandardError.write(line)
    }
}
