import InferenceCore
import JSONCore

/// Writes what has become of records.
///
/// A `.npy` file has a row for every record, and a second output says which rows are no vectors; a JSONL file says it
/// itself.
struct VectorOutput: Sendable {
    /// The format of the file with the vectors.
    let format: VectorFormat
    /// How vectors are written.
    let numbers: OutputFormat
    /// Values of a vector before they are packed into bits.
    let dimensions: Int

    /// How many files are written.
    var fileCount: Int { paths("").count }

    /// The files that are written, that with the vectors first.
    func paths(_ path: String) -> [String] {
        format == .npy ? [path, path + ".errors.jsonl"] : [path]
    }

    /// What the file begins with.
    func header(rows: Int) -> [UInt8] {
        guard format == .npy else { return [] }
        let isPacked = numbers.numbers == .binary || numbers.numbers == .ubinary
        let columns = isPacked ? (dimensions + 7) / 8 : dimensions
        return NumPyHeader(rows: rows, columns: columns, numbers: numbers.numbers).octets
    }

    /// Adds a record's vector to the outputs.
    func write(_ vector: [Float], id: JSONValue?, to outputs: inout [[UInt8]]) {
        switch format {
        case .jsonl:
            var writer = JSONWriter(capacity: vector.count * 13 + 48)
            writer.object {
                write(id, to: &$0)
                $0.key("embedding")
                $0.value(vector, numbers)
            }
            outputs[0] += writer.bytes + [0x0A]
        case .npy:
            switch numbers.numbers {
            case .float: Self.append(vector, to: &outputs[0])
            case .int8: Self.append(Quantization.int8(vector), to: &outputs[0])
            case .uint8: Self.append(Quantization.uint8(vector), to: &outputs[0])
            case .binary: Self.append(Quantization.binary(vector), to: &outputs[0])
            case .ubinary: Self.append(Quantization.ubinary(vector), to: &outputs[0])
            }
        }
    }

    /// Adds to the outputs that a record has no vector; a row of floats is NaN then.
    func write(_ failure: LineError, of record: Int, id: JSONValue?, to outputs: inout [[UInt8]]) {
        var writer = JSONWriter()
        writer.object {
            if format == .npy {
                $0.key("row")
                $0.value(record)
            }
            $0.key("line")
            $0.value(failure.number)
            write(id, to: &$0)
            $0.key("error")
            $0.value(failure.reason)
        }
        if format == .npy { Self.append([Float](repeating: .nan, count: dimensions), to: &outputs[0]) }
        outputs[format == .npy ? 1 : 0] += writer.bytes + [0x0A]
    }

    private func write(_ id: JSONValue?, to writer: inout JSONWriter) {
        guard let id else { return }
        writer.key("id")
        writer.value(id)
    }

    /// Every machine we run on is little-endian, as the header says.
    private static func append(_ numbers: [some Any], to octets: inout [UInt8]) {
        numbers.withUnsafeBytes { octets += $0 }
    }
}
