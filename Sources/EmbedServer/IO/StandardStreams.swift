import Glibc

/// Standard error: logs and messages for people.
enum StandardError {
    /// Whether somebody watches.
    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Writes all of `text`; a reader that is gone is no reason to fail.
    static func write(_ text: String) {
        var text = text
        text.withUTF8 { _ = Descriptor.writeAll(UnsafeRawBufferPointer($0), to: STDERR_FILENO) }
    }
}

/// Standard output: data and nothing else, gathered into large writes.
struct StandardOutput: ~Copyable {
    private var pending: [UInt8] = []

    /// Adds a line.
    mutating func write(line: [UInt8]) throws(IOError) {
        try write(line + [UInt8(ascii: "\n")])
    }

    /// Adds octets.
    mutating func write(_ octets: [UInt8]) throws(IOError) {
        pending += octets
        if pending.count >= 1 << 16 { try flush() }
    }

    /// Hands what was gathered to the reader.
    mutating func flush() throws(IOError) {
        let failure = pending.withUnsafeBytes { Descriptor.writeAll($0, to: STDOUT_FILENO) }
        if let failure { throw IOError(path: "standard output", code: failure) }
        pending.removeAll(keepingCapacity: true)
    }
}

/// Whole reads and writes over file descriptors.
enum Descriptor {
    /// Writes all octets; returns `errno` on failure.
    static func writeAll(_ octets: UnsafeRawBufferPointer, to descriptor: CInt) -> CInt? {
        var written = 0
        while written < octets.count {
            let count = write(descriptor, octets.baseAddress?.advanced(by: written), octets.count - written)
            if count >= 0 {
                written += count
            } else if errno == EAGAIN {
                // Whoever shares the descriptor has made it non-blocking.
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&ready, 1, -1)
            } else if errno != EINTR {
                return errno
            }
        }
        return nil
    }
}
