internal import HTTPTypes

/// Which fields may stand behind a chunked body (RFC 9110 section 6.5.1).
enum TrailerRules {
    /// Fields that say how to frame, route, authorise, modify or decode a request; too late once it has been read.
    private static let forbidden: Set<String> = [
        "authorization", "cache-control", "connection", "content-encoding", "content-length", "content-range",
        "content-type", "cookie", "expect", "host", "keep-alive", "max-forwards", "proxy-authorization",
        "proxy-connection", "range", "te", "trailer", "transfer-encoding", "upgrade",
    ]

    /// The fields of a trailer section that a handler may see; the others are dropped.
    static func permitted(_ trailers: HTTPFields) -> HTTPFields {
        HTTPFields(trailers.filter { !forbidden.contains($0.name.canonicalName) })
    }
}
