/// How the vectors of a response are written: which numbers, and on which wire.
struct OutputFormat: Sendable, Equatable {
    /// The numbers a vector is made of.
    var numbers: Numbers
    /// What carries them.
    var wire: Wire

    /// The numbers a vector is made of.
    enum Numbers: String, Sendable, CaseIterable {
        /// 32-bit floats.
        case float
        /// Signed bytes, `Quantization.int8`.
        case int8
        /// Unsigned bytes, `Quantization.uint8`.
        case uint8
        /// Eight values a signed byte, `Quantization.binary`.
        case binary
        /// Eight values an unsigned byte, `Quantization.ubinary`.
        case ubinary
    }

    /// What carries the numbers.
    enum Wire: String, Sendable {
        /// A JSON list.
        case list
        /// A JSON string: base64 (RFC 4648 section 4, padded) of the numbers in little-endian order.
        case base64
    }

    /// A list of floats, which is what a request gets that asks for nothing.
    static let standard = OutputFormat(numbers: .float, wire: .list)
}

extension OutputFormat {
    /// The words of `embedding_type` and of `encoding_format`.
    enum TypeName: String, CaseIterable {
        case float, base64, binary, ubinary
    }

    /// Decides the format from the three fields that may name it.
    ///
    /// - Parameters:
    ///   - type: Jina's `embedding_type`; wins over the others.
    ///   - numbers: Voyage's `output_dtype`.
    ///   - encoding: OpenAI's `encoding_format`. openai-python and openai-node add `base64` to every request that names
    ///     none. With floats that is honoured, because openai-node reads a list as zeros then; with bits of Jina's types
    ///     it is not, because a base64 string would be read as floats.
    init(type: TypeName?, numbers: Numbers?, encoding: TypeName?) {
        switch (type, numbers) {
        case (.float, _): self.init(numbers: .float, wire: encoding == .base64 ? .base64 : .list)
        case (let type?, _): self.init(type)
        case (nil, let numbers?): self.init(numbers: numbers, wire: encoding == .base64 ? .base64 : .list)
        case (nil, nil): self.init(encoding ?? .float)
        }
    }

    private init(_ name: TypeName) {
        switch name {
        case .float: self.init(numbers: .float, wire: .list)
        case .base64: self.init(numbers: .float, wire: .base64)
        case .binary: self.init(numbers: .binary, wire: .list)
        case .ubinary: self.init(numbers: .ubinary, wire: .list)
        }
    }
}
