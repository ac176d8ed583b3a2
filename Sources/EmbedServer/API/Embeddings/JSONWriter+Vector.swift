import InferenceCore
import JSONCore

extension JSONWriter {
    /// Writes a vector in the form that was asked for.
    mutating func value(_ vector: [Float], _ format: OutputFormat = .standard) {
        switch format.numbers {
        case .float:
            // Every machine we run on is little-endian, which is the order clients expect.
            if format.wire == .base64 { return value(base64: vector) }
            value(vector[...])
        case .int8: value(integers: Quantization.int8(vector), format.wire)
        case .uint8: value(integers: Quantization.uint8(vector), format.wire)
        case .binary: value(integers: Quantization.binary(vector), format.wire)
        case .ubinary: value(integers: Quantization.ubinary(vector), format.wire)
        }
    }

    /// Writes numbers as a list.
    mutating func value(_ numbers: ArraySlice<Float>) {
        array { for number in numbers { $0.value(number) } }
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
    /// Octets of memory that the vectors take.
    var vectorBytes: Int { vectors.reduce(0) { $0 + $1.count * MemoryLayout<Float>.size + 32 } }

    /// Octets that a body with the vectors in a format is likely to take.
    func estimatedBytes(_ format: OutputFormat = .standard) -> Int {
        256 + vectors.reduce(0) { $0 + 64 + format.estimatedBytes(dimensions: $1.count) }
    }
}

extension OutputFormat {
    /// Octets that a vector is likely to take, commas included.
    fileprivate func estimatedBytes(dimensions: Int) -> Int {
        switch (numbers, wire) {
        case (.float, .list): dimensions * 13
        case (.float, .base64): dimensions * 16 / 3
        case (.int8, .list), (.uint8, .list): dimensions * 4
        case (.int8, .base64), (.uint8, .base64): dimensions * 4 / 3
        case (.binary, .list), (.ubinary, .list): dimensions / 2
        case (.binary, .base64), (.ubinary, .base64): dimensions / 6
        }
    }
}
