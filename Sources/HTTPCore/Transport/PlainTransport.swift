internal import Glibc

/// A TCP socket as it is.
struct PlainTransport: Transport {
    /// A connected, non-blocking socket; it belongs to the connection, which closes it.
    let descriptor: Int32

    /// Makes the transport of a socket.
    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    let scheme = "http"
    let hasUnread = false
    let wantsToWrite = false
    /// Octets that the system has taken.
    private var sentBytes = 0

    func receive(into buffer: UnsafeMutableRawBufferPointer) -> TransportResult {
        while true {
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count > 0 { return .octets(count) }
            if count == 0 { return .end }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            default: return .failed
            }
        }
    }

    mutating func send(_ octets: UnsafeRawBufferPointer) -> TransportResult {
        while true {
            // Libraries may restore SIGPIPE's default action, so it is also switched off call by call.
            let count = Glibc.send(descriptor, octets.baseAddress, octets.count, Int32(MSG_NOSIGNAL))
            if count >= 0 {
                sentBytes += count
                return .octets(count)
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            default: return .failed
            }
        }
    }

    var acknowledged: Int {
        // What is in the send queue is not acknowledged yet, sent or not (SIOCOUTQ of tcp(7), by its other name).
        var queued: Int32 = 0
        return ioctl(descriptor, UInt(TIOCOUTQ), &queued) == 0 ? sentBytes - Int(queued) : sentBytes
    }

    func flush() -> Bool { true }

    func sayGoodbye() {}

    func shutDownWriting() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    func resetOnClose() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    var isHungUp: Bool {
        var query = pollfd(fd: descriptor, events: 0, revents: 0)
        return poll(&query, 1, 0) > 0 && Int32(query.revents) & (POLLHUP | POLLERR) != 0
    }
}
