import Logging

/// Writes log lines to stderr, each with one `write`, so that the lines of several threads do not mix.
struct StandardErrorLogHandler: LogHandler {
    /// Whether a line is a JSON object, or text.
    let isJSON: Bool
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = metadata
        if let more = event.metadata { all.merge(more) { _, new in new } }
        let line = LogLine(time: .now, level: event.level, message: event.message.description, metadata: all)
        StandardError.write(isJSON ? line.json : line.text)
    }
}

extension Logger {
    /// Sends all logs of the process to stderr; call once.
    static func bootstrap(_ settings: LogSettings) {
        let isJSON =
            switch settings.format {
            case .auto: !StandardError.isTerminal
            case .text: false
            case .json: true
            }
        LoggingSystem.bootstrap { _ in StandardErrorLogHandler(isJSON: isJSON, logLevel: settings.level) }
    }
}
