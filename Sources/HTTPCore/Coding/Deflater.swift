internal import CZlib

/// Applies the gzip coding to an answer, piece by piece.
///
/// What it holds on to is zlib's window and tables, about 256 kB, however long the answer is.
struct Deflater: ~Copyable, @unchecked Sendable {
    // SAFETY: it cannot be copied and nobody else has the pointer, so whoever holds it is alone with the stream.

    /// zlib's fastest: of a JSON list of numbers it leaves 41 %, the slowest 34 % in fourteen times the time.
    private static let level: Int32 = 1

    /// Octets of memory that one takes.
    static let heldBytes = 256 * 1024

    // zlib keeps the stream's address, so that it must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private var hasEnded = false

    /// Begins a gzip body; nil without memory.
    init?() {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let size = Int32(MemoryLayout<z_stream>.size)
        let bits = ContentCoding.gzip.windowBits
        let result =
            deflateInit2_(stream, Self.level, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
        guard result == Z_OK else {
            stream.deallocate()
            return nil
        }
        self.stream = stream
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Codes the next piece.
    ///
    /// - Parameters:
    ///   - octets: may be empty. What comes of them may come with a later piece.
    ///   - isLast: whether the body ends here; nothing may follow.
    /// - Returns: the octets that are ready, at most a little more than came in so far; nil if coding is impossible.
    mutating func deflate(_ octets: [UInt8], isLast: Bool) -> [UInt8]? {
        guard !hasEnded, octets.count <= Int(Int32.max) else { return nil }
        hasEnded = isLast
        // Enough for all that may be pending, but for an end in the next round.
        let step = Int(deflateBound(stream, uLong(octets.count)))
        var coded: [UInt8] = []
        var result = Z_OK
        octets.withUnsafeBufferPointer { octets in
            // zlib takes its input as mutable for old compilers' sake; it does not write to it.
            stream.pointee.next_in = UnsafeMutablePointer(mutating: octets.baseAddress)
            stream.pointee.avail_in = uInt(octets.count)
            repeat {
                let piece = [UInt8](unsafeUninitializedCapacity: step) { output, count in
                    stream.pointee.next_out = output.baseAddress
                    stream.pointee.avail_out = uInt(step)
                    result = CZlib.deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
                    count = step - Int(stream.pointee.avail_out)
                }
                if coded.isEmpty { coded = piece } else { coded += piece }
            } while stream.pointee.avail_out == 0 && result == Z_OK
            stream.pointee.next_in = nil
        }
        switch result {
        case Z_STREAM_END: return coded
        // Z_BUF_ERROR: there was nothing to do, which is no error (zlib.h).
        case Z_OK, Z_BUF_ERROR: return isLast ? nil : coded
        default: return nil
        }
    }

    /// The whole of a body in gzip form; nil without memory.
    static func gzip(_ body: [UInt8]) -> [UInt8]? {
        guard var deflater = Deflater() else { return nil }
        return deflater.deflate(body, isLast: true)
    }
}
