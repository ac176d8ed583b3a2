internal import CPlatform

/// Addresses, limits and timeouts of a server.
///
/// Every default is safe against hostile clients for a server that reads whole JSON bodies of up to 32 MiB.
public struct ServerConfiguration: Sendable {
    /// An IPv4 or IPv6 address, or a name such as `localhost`; the first address it resolves to is used.
    public var host = "127.0.0.1"

    /// The TCP port; 0 lets the system choose.
    public var port = 8080

    /// Certificate and key; nil serves plain HTTP.
    public var tls: TLSConfiguration?

    /// Connections that the kernel may hold before they are accepted.
    public var backlog = 1024

    /// Serial queues that share the connections.
    ///
    /// The default is one for each CPU that this process may use.
    public var eventLoopCount = Int(cplatform_affinity_count())

    /// Open connections.
    ///
    /// At the limit a newcomer takes the place of one that is of no use now, of the peer that has most: idle ones first,
    /// then unfinished heads, then bodies and answers that have stood still for a while.
    public var maximumConnections = 1024

    /// Connections beyond `maximumConnections` on which only probes are served (`Route.isProbe`).
    ///
    /// Other requests on them wait until there is a place, or are refused with 503 when others come.
    public var probeConnections = 64

    /// Octets of the request-line with its CRLF; beyond: 414.
    ///
    /// RFC 9112 section 3 recommends at least 8000.
    public var maximumRequestLineBytes = 8192

    /// Octets of all field lines with their CRLFs, also of a trailer section; beyond: 431.
    public var maximumFieldSectionBytes = 32 * 1024

    /// Field lines of a request, also of a trailer section; beyond: 431.
    public var maximumFieldCount = 100

    /// Octets of a decoded body, for routes that set no limit of their own; beyond: 413.
    public var maximumBodyBytes = 32 * 1024 * 1024

    /// Octets of request bodies held at once, over all connections, until their handlers have ended; beyond: 503.
    public var maximumBufferedBodyBytes = 512 * 1024 * 1024

    /// Octets of answers held at once, over all connections, until they are sent; beyond: 503.
    ///
    /// What fits into the output of a connection (128 KiB) does not count. No peer address can have more than half; the same
    /// holds for bodies.
    public var maximumBufferedAnswerBytes = 256 * 1024 * 1024

    /// Whether answers of text or JSON are sent in gzip form to clients that want it.
    public var compressesAnswers = true

    /// Octets of the shortest answer that is worth compressing.
    public var minimumCompressedBytes = 1024

    /// Octets of an unwanted body that are read off to keep a connection; beyond, it is closed after the answer.
    public var maximumDrainedBytes = 256 * 1024

    /// Octets read ahead of the request in flight (pipelining); beyond, reading pauses.
    public var maximumBufferedBytes = 64 * 1024

    /// The whole head, from its first octet, or from the accept on a new connection; beyond: 408.
    public var headTimeout: Duration = .seconds(10)

    /// The window of time in which a body must bring its share, again and again; else: 408.
    public var bodyTimeout: Duration = .seconds(20)

    /// Octets a second that a body must average in each window of `bodyTimeout`.
    public var minimumBodyRate = 1000

    /// Between requests; beyond, the connection is closed without a word.
    public var idleTimeout: Duration = .seconds(75)

    /// Without the client's system confirming a single octet of the answer; beyond, the connection is reset.
    ///
    /// Looked at in quarters, so that a reset may come a quarter late.
    public var writeTimeout: Duration = .seconds(30)

    /// After the last answer, how long a client that sends on may be silent before the connection is closed.
    ///
    /// What it sends is read and dropped, so that it can read the answer, for at most 15 times as long in all.
    public var lingerTimeout: Duration = .seconds(2)

    /// Octets read and dropped after the last answer.
    public var maximumLingerBytes = 256 * 1024

    /// How often the deadlines are looked at: every timeout may come late by this much.
    public var timerInterval: Duration = .milliseconds(250)

    /// All defaults.
    public init() {}
}
