/// Octets to and from one peer, without ever blocking.
///
/// A connection knows nothing else of its peer: TLS keeps its records to itself, and hands out and takes the same octets.
protocol Transport {
    /// `http` or `https`.
    var scheme: String { get }

    /// Reads what is there, up to the size of `buffer`.
    mutating func receive(into buffer: UnsafeMutableRawBufferPointer) -> TransportResult

    /// Whether the last `receive` has left something that the socket will not announce again.
    var hasUnread: Bool { get }

    /// Writes octets, at least one, as far as the peer takes them.
    mutating func send(_ octets: UnsafeRawBufferPointer) -> TransportResult

    /// Whether something of the transport's own is still to be sent; `flush` does that.
    var wantsToWrite: Bool { get }

    /// Sends what `wantsToWrite` is about, as far as the peer takes it; false if the connection is broken.
    mutating func flush() -> Bool

    /// Says what the protocol wants said before a close, as far as the peer takes it.
    mutating func sayGoodbye()

    /// Says "no more from here", once all has been sent; reading goes on.
    mutating func shutDownWriting()

    /// Makes the close to come a reset: the peer learns at once that the answer is not complete.
    mutating func resetOnClose()

    /// Octets on the wire that the peer's system has confirmed, the protocol's own included.
    var acknowledged: Int { get }

    /// Whether the peer has reset the connection, or both directions are shut down.
    var isHungUp: Bool { get }
}

/// How a read or a write went.
enum TransportResult: Equatable {
    /// So many octets, at least one.
    case octets(Int)
    /// Nothing can be read or written now.
    case wouldBlock
    /// The peer sends no more.
    case end
    /// The peer speaks something else than TLS; what it has said is lost.
    case notTLS
    /// The connection is broken.
    case failed
}
