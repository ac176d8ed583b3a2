/// How a log line looks.
enum LogFormat: String, Sendable, CaseIterable {
    /// Text on a terminal, JSON elsewhere.
    case auto
    /// One line for people.
    case text
    /// One JSON object a line for collectors.
    case json
}
