/// One token of a text, for people to look at.
public struct Token: Sendable, Equatable {
    /// Its id in the vocabulary.
    public var id: Int32
    /// How the vocabulary writes it.
    public var piece: String
    /// Whether it was put around the content rather than found in it.
    public var isSpecial: Bool
    /// The octets of the text, in UTF-8, that it stands for; `nil` where it stands for none, or normalization has
    /// moved them beyond recognition.
    public var range: Range<Int>?

    /// Makes a token.
    public init(id: Int32, piece: String, isSpecial: Bool = false, range: Range<Int>? = nil) {
        self.id = id
        self.piece = piece
        self.isSpecial = isSpecial
        self.range = range
    }
}
