internal import Glibc

/// A file that follows the body of an answer, read piece by piece as the client takes it.
///
/// However long it is, only one piece is in memory. The file may be unlinked meanwhile, but must not get shorter: then
/// the connection is closed before its stated length.
public final class FileBody: Sendable {
    /// Octets that are sent, from the start of the file.
    public let length: Int

    private let descriptor: Int32

    /// Takes over `descriptor`, an open file, and closes it in the end.
    public init(descriptor: Int32, length: Int) {
        self.descriptor = descriptor
        self.length = length
    }

    deinit {
        close(descriptor)
    }

    /// Reads up to `count` octets; nil if there are none where there should be some.
    func read(at offset: Int, count: Int) -> [UInt8]? {
        let wanted = min(count, length - offset)
        let octets = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, written in
            var count = -1
            repeat {
                count = pread(descriptor, buffer.baseAddress, wanted, off_t(offset))
            } while count < 0 && errno == EINTR
            written = max(0, count)
        }
        return octets.isEmpty ? nil : octets
    }
}
