import Glibc

/// An open file.
final class FileHandle {
    /// Its path, for messages.
    let path: String
    private let descriptor: CInt

    /// Opens a file to read it.
    convenience init(reading path: String) throws(IOError) { try self.init(path, O_RDONLY) }

    /// Creates a file, or empties the one there is, to write it.
    convenience init(creating path: String) throws(IOError) { try self.init(path, O_RDWR | O_CREAT | O_TRUNC) }

    /// Opens a file to write anywhere in it, and creates it if there is none.
    convenience init(updating path: String) throws(IOError) { try self.init(path, O_RDWR | O_CREAT) }

    private init(_ path: String, _ flags: CInt) throws(IOError) {
        self.path = path
        descriptor = open(path, flags | O_CLOEXEC, 0o644)
        if descriptor < 0 { throw IOError(path: path, code: errno) }
    }

    deinit { close(descriptor) }

    /// Reads what comes next; 0 is the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(IOError) -> Int {
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            if errno != EINTR { throw IOError(path: path, code: errno) }
        }
    }

    /// Fills the buffer unless the file ends before; returns how much there was.
    func readFully(into buffer: UnsafeMutableRawBufferPointer) throws(IOError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let count = try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    /// Writes octets behind the last ones.
    func write(_ octets: UnsafeRawBufferPointer) throws(IOError) {
        if let code = Descriptor.writeAll(octets, to: descriptor) { throw IOError(path: path, code: code) }
    }

    /// Writes octets at an offset.
    func write(_ octets: UnsafeRawBufferPointer, at offset: Int) throws(IOError) {
        var written = 0
        while written < octets.count {
            let rest = UnsafeRawBufferPointer(rebasing: octets[written...])
            let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + written))
            if count >= 0 {
                written += count
            } else if errno != EINTR {
                throw IOError(path: path, code: errno)
            }
        }
    }

    /// Makes the file this long.
    func truncate(to size: Int) throws(IOError) {
        if ftruncate(descriptor, off_t(size)) != 0 { throw IOError(path: path, code: errno) }
    }

    /// Waits until the contents are on the disk.
    func synchronize() throws(IOError) {
        if fsync(descriptor) != 0 { throw IOError(path: path, code: errno) }
    }

    /// Whether this process now is the only one that has locked the file; until the handle goes.
    func tryLock() -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }
}
