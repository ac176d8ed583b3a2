/// How a test's requests reach the application.
enum Transport: String, CaseIterable, Sendable {
    /// As values, without a socket.
    case router
    /// Over a socket to a server.
    case socket
}
