internal import Glibc

/// A TCP socket as it is.
struct PlainTransport: Transport {
    /// A connected, non-blocking socket; it belongs to the connection, which closes it.
    let descriptor: Int32

    let scheme = "http"
    let hasUnread = false
    let wantsToWrite = false

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

    func send(_ head: UnsafeRawBufferPointer, _ body: UnsafeRawBufferPointer) -> TransportResult {
        var parts = [head, body].filter { !$0.isEmpty }.map {
            iovec(iov_base: UnsafeMutableRawPointer(mutating: $0.baseAddress), iov_len: $0.count)
        }
        return parts.withUnsafeMutableBufferPointer { parts in
            var message = msghdr()
            message.msg_iov = parts.baseAddress
            message.msg_iovlen = parts.count
            while true {
                // Libraries may restore SIGPIPE's default action, so it is also switched off call by call.
                let count = sendmsg(descriptor, &message, Int32(MSG_NOSIGNAL))
                if count >= 0 { return .octets(count) }
                switch errno {
                case EINTR: continue
                case EAGAIN: return .wouldBlock
                default: return .failed
                }
            }
        }
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
