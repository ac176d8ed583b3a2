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
    /// At the limit the longest idle one is closed for each newcomer; with none idle, newcomers wait.
    public var maximumConnections = 1024

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

    /// Between two reads of a body; beyond: 408.
    public var bodyTimeout: Duration = .seconds(20)

    /// Octets a second that a body must average, once `bodyRateGrace` has passed; below: 408.
    public var minimumBodyRate = 1000

    /// How long a body may come slower than `minimumBodyRate`.
    public var bodyRateGrace: Duration = .seconds(5)

    /// Between requests; beyond, the connection is closed without a word.
    public var idleTimeout: Duration = .seconds(75)

    /// Without the client taking a single octet of the answer; beyond, the connection is reset.
    public var writeTimeout: Duration = .seconds(30)

    /// After the last answer, how long what the client still sends is read and dropped, so that it can read the answer.
    public var lingerTimeout: Duration = .seconds(2)

    /// Octets read and dropped after the last answer.
    public var maximumLingerBytes = 256 * 1024

    /// How often the deadlines are looked at: every timeout may come late by this much.
    public var timerInterval: Duration = .milliseconds(250)

    /// All defaults.
    public init() {}
}
