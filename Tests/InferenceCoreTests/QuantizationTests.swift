import InferenceCore
import Testing

@Suite("Quantisation")
struct QuantizationTests {
    /// A vector whose signs are the bits of `bytes`.
    private func signs(_ bytes: [UInt8]) -> [Float] {
        bytes.flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 == 1 ? 0.25 : -0.25 } }
    }

    // The pair of answers the hosted API gave for one text.
    @Test("bits are packed from the highest down; binary is ubinary less 128")
    func bits() {
        #expect(Quantization.ubinary(signs([50, 193, 128, 255])) == [50, 193, 128, 255])
        #expect(Quantization.binary(signs([50, 193, 128, 255])) == [-78, 65, 0, 127])
    }

    @Test("a bit is set above zero, and only there; the last byte is filled up with zeros")
    func threshold() {
        #expect(Quantization.ubinary([0, -0.0, .leastNonzeroMagnitude, -1, 1]) == [0b0010_1000])
        #expect(Quantization.ubinary([1, 1, 1, 1, 1, 1, 1, 1, 1]) == [255, 128])
        #expect(Quantization.ubinary([]) == [])
    }

    // numpy.clip(numpy.rint(v * 127), -128, 127) and numpy.clip(numpy.rint((v + 1) * 127.5), 0, 255)
    @Test("bytes are rounded to even and kept in range")
    func bytes() {
        let vector: [Float] = [-2, -1, -0.5, 0, 0.5, 1, 2]
        #expect(Quantization.int8(vector) == [-128, -127, -64, 0, 64, 127, 127])
        #expect(Quantization.uint8(vector) == [0, 0, 64, 128, 191, 255, 255])
    }
}
