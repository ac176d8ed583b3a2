/// A connected socket that has just been accepted, with all that its connection will need.
struct AcceptedSocket: Sendable {
    let descriptor: Int32
    /// The same socket again, to be watched for writing: taken at the accept, when there is somebody to refuse.
    let writeDescriptor: Int32
    let peer: SocketAddress
    let peerAddress: PeerAddress
    /// The place it takes among the server's connections.
    let slot: ConnectionSlot
}
