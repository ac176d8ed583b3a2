/// Octets to and from one peer, without ever blocking.
///
/// A connection knows nothing else of its peer. TLS is to be a second conformance: it keeps the records and hands out
/// and takes the same plain octets.
protocol Transport {
    /// Reads what is there, up to the size of `buffer`.
    mutating func receive(into buffer: UnsafeMutableRawBufferPointer) -> TransportResult

    /// Writes `head` and then `body` in one go, as far as the peer takes them.
    mutating func send(_ head: UnsafeRawBufferPointer, _ body: UnsafeRawBufferPointer) -> TransportResult

    /// Says "no more from here", once all has been sent; reading goes on.
    mutating func shutDownWriting()

    /// Makes the close to come a reset: the peer learns at once that the answer is not complete.
    mutating func resetOnClose()

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
    /// The connection is broken.
    case failed
}
