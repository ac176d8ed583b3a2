/// Float32 memory aligned for SIMD that grows on demand and is never shared between threads that write.
final class FloatBuffer {
    /// The first value.
    private var base: UnsafeMutablePointer<Float>
    private var capacity: Int

    init() {
        capacity = 0
        base = Self.allocate(0)
    }

    /// Room for `count` values; what was in there may be gone.
    func reserve(_ count: Int) -> UnsafeMutablePointer<Float> {
        if count > capacity {
            base.deallocate()
            base = Self.allocate(count)
            capacity = count
        }
        return base
    }

    /// Room for `count` rows of `width` values, `Rows.stride(width:)` apart; what was in there may be gone.
    func rows(_ count: Int, width: Int) -> Rows {
        let stride = Rows.stride(width: width)
        return Rows(base: reserve(count * stride), stride: stride)
    }

    deinit { base.deallocate() }

    private static func allocate(_ count: Int) -> UnsafeMutablePointer<Float> {
        LargeMemory.allocate(byteCount: count * MemoryLayout<Float>.stride)
            .bindMemory(to: Float.self, capacity: count)
    }
}
