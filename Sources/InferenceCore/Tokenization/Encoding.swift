/// The ids of one text.
public struct Encoding: Sendable, Equatable {
    /// Ids of the vocabulary, special tokens included.
    public var ids: [Int32]
    /// Whether the text had more tokens than the limit and was cut.
    public var truncated: Bool

    /// Makes an encoding.
    public init(ids: [Int32], truncated: Bool = false) {
        self.ids = ids
        self.truncated = truncated
    }
}
