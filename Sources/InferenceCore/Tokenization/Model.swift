/// Turns a word into ids of the vocabulary.
enum Model: Sendable {
    case wordPiece(WordPiece)
    case bytePair(ByteLevelBPE)
}
