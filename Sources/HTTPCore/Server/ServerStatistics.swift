/// Counts since the start of a server, and what is open now.
public struct ServerStatistics: Sendable, Hashable {
    /// Connections open now.
    public var connectionsOpen = 0

    /// Connections accepted.
    public var connectionsAccepted = 0

    /// Connections turned away because the process had no descriptor left.
    public var connectionsShed = 0

    /// Connections sent away because others needed their places.
    public var connectionsEvicted = 0

    /// Octets of request bodies held now.
    public var bodyBytesHeld = 0

    /// Octets of answers held now, beyond what fits into the output of a connection.
    public var answerBytesHeld = 0

    /// Requests whose head was complete, plus those refused before.
    public var requests = 0

    /// Handlers running now.
    public var requestsInFlight = 0

    /// Handlers cancelled because their client went away.
    public var requestsCancelled = 0

    /// Requests that the server answered itself with an error.
    public var errors = 0

    /// Octets received, heads and framing included.
    public var bytesReceived = 0

    /// Octets sent, heads included.
    public var bytesSent = 0
}
