/// Narrow forms of a vector for indexes that trade accuracy for memory.
///
/// The bit forms are those of the hosted Jina API and of sentence-transformers' `quantize_embeddings`
/// (`numpy.packbits(v > 0)`); the byte forms map -1...1 onto the whole range of a byte.
public enum Quantization {
    /// One bit a value, set where the value is above zero: `ceil(n / 8)` bytes.
    ///
    /// The first value is in the highest bit of the first byte; the last byte is filled up with zeros.
    public static func ubinary(_ vector: [Float]) -> [UInt8] {
        var packed = [UInt8](repeating: 0, count: (vector.count + 7) / 8)
        for (index, value) in vector.enumerated() where value > 0 {
            packed[index >> 3] |= 0x80 >> UInt8(index & 7)
        }
        return packed
    }

    /// The bytes of `ubinary` less 128, which is their value in offset binary and not their two's complement.
    public static func binary(_ vector: [Float]) -> [Int8] {
        ubinary(vector).map { Int8(bitPattern: $0 ^ 0x80) }
    }

    /// `round(127 v)` in -128...127, halves to even.
    public static func int8(_ vector: [Float]) -> [Int8] {
        vector.map { Int8(min(max(($0 * 127).rounded(.toNearestOrEven), -128), 127)) }
    }

    /// `round(127.5 (v + 1))` in 0...255, halves to even.
    public static func uint8(_ vector: [Float]) -> [UInt8] {
        vector.map { UInt8(min(max((($0 + 1) * 127.5).rounded(.toNearestOrEven), 0), 255)) }
    }
}
