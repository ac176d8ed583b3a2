import Synchronization

/// The memory of one model's packed weights: everything in a few large pieces, since most matrices are smaller than a
/// huge page or end within one.
///
/// Grows while a model is loaded, and is freed as a whole.
final class WeightMemory: Sendable {
    private struct Pieces: ~Copyable {
        var all: [UnsafeMutableRawPointer] = []
        /// Bytes of the last piece that are taken.
        var used = WeightMemory.pieceBytes

        deinit { for piece in all { piece.deallocate() } }
    }

    /// Bytes of a piece; what is not used of the last one is never touched.
    private static let pieceBytes = 32 << 20
    private let pieces = Mutex(Pieces())

    /// Memory aligned for SIMD that lives as long as this object.
    func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
        pieces.withLock { pieces in
            let size = max(64, (byteCount + 63) / 64 * 64)
            if size > Self.pieceBytes / 2 {
                // A piece of its own, in front, so that the last one goes on being filled.
                let piece = LargeMemory.allocate(byteCount: size)
                pieces.all.insert(piece, at: 0)
                return piece
            }
            if pieces.used + size > Self.pieceBytes {
                pieces.all.append(LargeMemory.allocate(byteCount: Self.pieceBytes))
                pieces.used = 0
            }
            defer { pieces.used += size }
            return pieces.all[pieces.all.count - 1] + pieces.used
        }
    }
}
