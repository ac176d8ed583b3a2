import Glibc

/// Reads a file, or standard input, line by line.
struct InputFile: ~Copyable {
    private let descriptor: CInt
    private let path: String
    private var buffer: [UInt8] = []
    private var position = 0
    private var isAtEnd = false
    /// Octets before the first one in the buffer.
    private var dropped = 0

    /// Octets before the next line.
    var offset: Int { dropped + position }

    /// Opens a file.
    init(path: String) throws(IOError) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        self.path = path
        if descriptor < 0 { throw IOError(path: path, code: errno) }
    }

    /// Reads standard input.
    init() {
        descriptor = STDIN_FILENO
        path = "standard input"
    }

    deinit {
        if descriptor != STDIN_FILENO { close(descriptor) }
    }

    /// Whether the next line is here already: reading it will not wait.
    var hasLine: Bool { buffer[position...].contains(UInt8(ascii: "\n")) }

    /// Goes on from an octet of the file, which is not to be a pipe.
    mutating func seek(to offset: Int) throws(IOError) {
        guard lseek(descriptor, off_t(offset), SEEK_SET) == off_t(offset) else {
            throw IOError(path: path, code: errno)
        }
        buffer = []
        position = 0
        dropped = offset
        isAtEnd = false
    }

    /// The next line without its end; `nil` after the last.
    ///
    /// - Parameter limit: the most octets of a line; a longer one is `EMSGSIZE`.
    mutating func nextLine(limit: Int = .max) throws(IOError) -> [UInt8]? {
        var searched = position
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { position = end + 1 }
                return Array(buffer[position..<end])
            }
            searched = buffer.count
            if isAtEnd {
                defer { position = buffer.count }
                return position < buffer.count ? Array(buffer[position...]) : nil
            }
            if buffer.count - position > limit { throw IOError(path: path, code: EMSGSIZE) }
            let taken = position
            try fill()
            searched -= taken
        }
    }

    /// Reads the whole of a file.
    static func contents(path: String) throws(IOError) -> [UInt8] {
        var file = try InputFile(path: path)
        while !file.isAtEnd { try file.fill() }
        return file.buffer
    }

    /// Drops the lines that were taken and reads what there is, waiting for it if need be.
    private mutating func fill() throws(IOError) {
        buffer.removeFirst(position)
        dropped += position
        position = 0
        let old = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: 1 << 16))
        var count = -1
        repeat {
            count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress?.advanced(by: old), 1 << 16) }
        } while count < 0 && errno == EINTR
        buffer.removeLast((1 << 16) - max(0, count))
        if count < 0 { throw IOError(path: path, code: errno) }
        isAtEnd = count == 0
    }
}
