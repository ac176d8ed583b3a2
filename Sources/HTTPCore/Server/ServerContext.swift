internal import Logging

/// What all event loops of a server share, none of it changing.
struct ServerContext: Sendable {
    let configuration: ServerConfiguration
    let application: Application
    let logger: Logger
    let counters = ServerCounters()
    let slots: ConnectionSlots
    let bodies: BodyBudget
    /// With TLS only.
    let certificates: CertificateStore?

    /// The application's answer to an error, with the fields that RFC 9110 asks for.
    func response(to error: HTTPError, of request: RefusedRequest) -> Response {
        counters.errors.add()
        return application.response(to: error, of: request, style: nil)
    }

    /// The limits of the parser, out of the configuration.
    var parserLimits: ParserLimits {
        ParserLimits(
            requestLineBytes: configuration.maximumRequestLineBytes,
            fieldSectionBytes: configuration.maximumFieldSectionBytes,
            fieldCount: configuration.maximumFieldCount
        )
    }
}
