import InferenceCore
import JSONCore

extension JSONWriter {
    /// Writes a vector in the form that was asked for.
    mutating func value(_ vector: [Float], _ format: OutputFormat = .standard) {
        switch format.numbers {
        case .float:
            // Every machine we run on is little-endian, which is the order clients expect.
            if format.wire == .base64 { return value(base64: vector) }
            array { for number in vector { $0.value(number) } }
        case .int8: value(integers: Quantization.int8(vector), format.wire)
        case .uint8: value(integers: Quantization.uint8(vector), format.wire)
        case .binary: value(integers: Quantization.binary(vector), format.wire)
        case .ubinary: value(integers: Quantization.ubinary(vector), format.wire)
        }
    }

    private mutating func value(integers: [some FixedWidthInteger], _ wire: OutputFormat.Wire) {
        if wire == .base64 { return value(base64: integers) }
        array { for number in integers { $0.value(Int(number)) } }
    }

    private mutating func value<Number>(base64 numbers: [Number]) {
        value(unescapedASCII: numbers.withUnsafeBytes { Base64.encode($0) })
    }
}

extension EmbeddingResult {
    /// Octets that a body with the vectors as lists of floats is likely to take.
    var estimatedBodySize: Int {
        256 + vectors.count * 64 + vectors.reduce(0) { $0 + $1.count } * 13
    }
}
