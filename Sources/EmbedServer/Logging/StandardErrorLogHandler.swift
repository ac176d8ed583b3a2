import Logging

/// Hands log lines to the queue that writes them to stderr.
struct StandardErrorLogHandler: LogHandler {
    /// Whether a line is a JSON object, or text.
    let isJSON: Bool
    /// What writes the lines.
    let queue: LogQueue
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
        queue.write(line.octets(isJSON: isJSON))
    }
}

extension Logger {
    /// Sends all logs of the process to stderr; call once.
    ///
    /// - Returns: what writes them: to be flushed when the process ends.
    static func bootstrap(_ settings: LogSettings) -> LogQueue {
        let isJSON =
            switch settings.format {
            case .auto: !StandardError.isTerminal
            case .text: false
            case .json: true
            }
        let queue = LogQueue { dropped in
            let message = "\(dropped) log lines dropped"
            return LogLine(time: .now, level: .warning, message: message, metadata: [:]).octets(isJSON: isJSON)
        }
        LoggingSystem.bootstrap { _ in
            StandardErrorLogHandler(isJSON: isJSON, queue: queue, logLevel: settings.level)
        }
        return queue
    }
}
