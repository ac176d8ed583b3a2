import Glibc

/// Memory for large arrays, on huge pages where the system has them.
///
/// A forward pass reads all weights once. With small pages that is a miss in the TLB for every panel or two of them, and
/// the hardware's prefetching ends at every page: products of a few rows take a tenth longer.
enum LargeMemory {
    /// Of a huge page: its size and alignment.
    static let pageBytes = 2 << 20

    /// Memory to be freed with `deallocate()`, aligned for SIMD; its contents are anything.
    static func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
        guard byteCount >= pageBytes else { return .allocate(byteCount: max(64, byteCount), alignment: 64) }
        let base = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: pageBytes)
        // Whole pages only: the rest would be resident and unused. A system that declines still has the memory.
        _ = madvise(base, byteCount / pageBytes * pageBytes, MADV_HUGEPAGE)
        return base
    }
}
