public struct Tokenizer: Sendable {
    public init(file: String) throws(CheckpointError) { throw CheckpointError(file: file, reason: "") }
    public func encode(_ text: String, limit: Int? = nil, addSpecialTokens: Bool = true) -> Encoding { Encoding(ids: []) }
    public var vocabularySize: Int { 0 }
    public var decodesCL100K: Bool { false }
}
