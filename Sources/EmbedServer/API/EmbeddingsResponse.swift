import InferenceCore
import JSONCore

/// The body of a successful `POST /v1/embeddings`.
struct EmbeddingsResponse {
    /// The vectors and their cost.
    var result: EmbeddingResult
    /// The name the client asked for, or the model's own.
    var model: String
    /// How vectors are written.
    var format: OutputFormat

    /// Writes the body with its members in OpenAI's order; parsers that stop early need `data` in front of `usage`.
    func encoded() -> [UInt8] {
        var writer = JSONWriter(capacity: estimatedSize)
        writer.object {
            $0.key("object")
            $0.value("list")
            $0.key("data")
            $0.array {
                for (index, vector) in result.vectors.enumerated() {
                    $0.object { item in
                        item.key("object")
                        item.value("embedding")
                        item.key("index")
                        item.value(index)
                        item.key("embedding")
                        if let failure = result.failures[index] {
                            item.null()
                            item.key("error")
                            write(APIError(failure, inputs: result.vectors.count), to: &item)
                        } else {
                            write(vector, to: &item)
                        }
                    }
                }
            }
            $0.key("model")
            $0.value(model)
            $0.key("usage")
            $0.object {
                $0.key("prompt_tokens")
                $0.value(result.totalTokens)
                $0.key("total_tokens")
                $0.value(result.totalTokens)
            }
        }
        return writer.bytes
    }

    /// Why an input of a partial answer has no vector.
    private func write(_ error: APIError, to writer: inout JSONWriter) {
        writer.object {
            $0.key("message")
            $0.value(error.message)
            $0.key("code")
            $0.value(error.code)
        }
    }

    private func write(_ vector: [Float], to writer: inout JSONWriter) {
        switch format.numbers {
        case .float:
            // Every machine we run on is little-endian, which is the order clients expect.
            if format.wire == .base64 { return write(base64: vector, to: &writer) }
            writer.array { for value in vector { $0.value(value) } }
        case .int8: write(integers: Quantization.int8(vector), to: &writer)
        case .uint8: write(integers: Quantization.uint8(vector), to: &writer)
        case .binary: write(integers: Quantization.binary(vector), to: &writer)
        case .ubinary: write(integers: Quantization.ubinary(vector), to: &writer)
        }
    }

    private func write(integers: [some FixedWidthInteger], to writer: inout JSONWriter) {
        if format.wire == .base64 { return write(base64: integers, to: &writer) }
        writer.array { for value in integers { $0.value(Int(value)) } }
    }

    private func write<Number>(base64 numbers: [Number], to writer: inout JSONWriter) {
        writer.value(unescapedASCII: numbers.withUnsafeBytes { Base64.encode($0) })
    }

    private var estimatedSize: Int {
        let values = result.vectors.reduce(0) { $0 + $1.count }
        let bytesPerValue = format == .standard ? 13 : 6
        return 256 + result.vectors.count * 64 + values * bytesPerValue
    }
}
