/// What one connection is held to.
struct ConnectionLimits: Sendable {
    var parser = ParserLimits()
    /// Octets read ahead of the request in flight.
    var inputBytes = 64 * 1024
    /// Octets of an answer between handler and socket.
    var outputBytes = 128 * 1024
    /// Octets of an unwanted body that are read off to keep the connection.
    var drainedBytes = 256 * 1024
    /// Octets read and dropped after the last request.
    var lingerBytes = 256 * 1024
    /// How long octets are read and dropped after the last answer, if they keep coming.
    var lingerTime: Duration = .seconds(30)
    /// Octets that a body must bring in each window of the body timeout.
    var bodyWindowBytes = 20_000

    /// Windows of the write timeout: as many in a row without progress make it.
    static let writeWindows = 4
}
