internal import Logging

/// What all event loops of a server share, none of it changing.
struct ServerContext: Sendable {
    let configuration: ServerConfiguration
    let router: Router
    let logger: Logger
    let errorResponse: @Sendable (HTTPError, RequestID) -> Response
    let onResponse: @Sendable (ResponseRecord) -> Void
    let counters = ServerCounters()
    let slots: ConnectionSlots
    let bodies: BodyBudget

    /// The limits of the parser, out of the configuration.
    var parserLimits: ParserLimits {
        ParserLimits(
            requestLineBytes: configuration.maximumRequestLineBytes,
            fieldSectionBytes: configuration.maximumFieldSectionBytes,
            fieldCount: configuration.maximumFieldCount
        )
    }
}
