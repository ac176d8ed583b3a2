internal import Glibc

/// A file as the content of an answer, read piece by piece as the client takes it.
///
/// However long it is, only one piece is in memory. The file may be unlinked meanwhile, but must not get shorter: then
/// the connection is closed before its stated length.
public struct FileBody: BodyStream {
    /// Keeps the descriptor open for as long as a copy of the stream exists.
    private final class Source: Sendable {
        let descriptor: Int32

        init(_ descriptor: Int32) {
            self.descriptor = descriptor
        }

        deinit {
            close(descriptor)
        }
    }

    /// Octets of a piece: the disk is asked less often than for pieces that are computed.
    private static let pieceBytes = 4 * BodyPiece.bytes

    /// Octets that are sent, from the start of the file.
    public let length: Int?

    /// None: the file stays on the disk.
    public let heldBytes = 0

    private let source: Source
    private var remaining: Int
    private var offset = 0

    /// Takes over `descriptor`, an open file, and closes it in the end.
    ///
    /// - Parameter length: octets that are sent, from the start of the file.
    public init(descriptor: Int32, length: Int) {
        self.length = length
        source = Source(descriptor)
        remaining = length
    }

    /// Reads the next piece.
    public mutating func next() throws(BodyError) -> [UInt8]? {
        guard remaining > 0 else { return nil }
        let wanted = min(remaining, Self.pieceBytes)
        let (descriptor, offset) = (source.descriptor, off_t(offset))
        let octets = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, written in
            var count = -1
            repeat {
                count = pread(descriptor, buffer.baseAddress, wanted, offset)
            } while count < 0 && errno == EINTR
            written = max(0, count)
        }
        guard !octets.isEmpty else { throw BodyError("the file has become shorter, or cannot be read") }
        self.offset += octets.count
        remaining -= octets.count
        return octets
    }
}
