/// Splits a word into the longest pieces of a vocabulary, from the left ("WordpieceTokenizer" in
/// google-research/bert, tokenization.py).
struct WordPiece: Sendable {
    /// Pieces that may start a word.
    private let heads: ByteTable
    /// Pieces that continue one, without their prefix.
    private let tails: ByteTable
    /// The token of words that have no pieces.
    let unknown: Int32
    /// What the pieces that continue a word start with.
    private let continuation: String
    /// Words with more code points are unknown as a whole.
    private let longestWord: Int

    /// Makes the model.
    init(heads: ByteTable, tails: ByteTable, unknown: Int32, longestWord: Int, continuation: String = "##") {
        self.heads = heads
        self.tails = tails
        self.unknown = unknown
        self.longestWord = longestWord
        self.continuation = continuation
    }

    /// Appends the ids of a word; the unknown id alone if some part of it has no piece.
    func encode(_ word: UTF8Text, into ids: inout [Int32], scratch: inout Scratch) {
        let first = ids.count
        guard word.count <= longestWord || word.count(where: { $0 & 0xC0 != 0x80 }) <= longestWord else {
            return ids.append(unknown)
        }
        var start = 0
        while start < word.count {
            let table = start == 0 ? heads : tails
            guard let (id, end) = longestPiece(of: word, from: start, in: table, &scratch) else {
                ids.removeSubrange(first...)
                return ids.append(unknown)
            }
            ids.append(id)
            start = end
        }
    }

    /// Room for the hashes of all prefixes of what is left of a word.
    struct Scratch: Sendable {
        fileprivate var hashes: [ByteTable.Hash] = []
    }

    @inline(__always)
    private func longestPiece(
        of word: UTF8Text,
        from start: Int,
        in table: ByteTable,
        _ scratch: inout Scratch
    ) -> (id: Int32, end: Int)? {
        var end = min(word.count, start + table.longestKey)
        scratch.hashes.removeAll(keepingCapacity: true)
        var hash = ByteTable.Hash()
        for index in start..<end {
            hash.combine(word[index])
            scratch.hashes.append(hash)
        }
        while end > start {
            let isWhole = end == word.count || word[end] & 0xC0 != 0x80
            if isWhole, let id = table.id(of: word[part: start..<end], hash: scratch.hashes[end - start - 1]) {
                return (id, end)
            }
            end -= 1
        }
        return nil
    }
}

extension WordPiece {
    /// The text of a piece without the mark of one that continues a word.
    func content(of piece: String) -> Substring {
        piece.hasPrefix(continuation) ? piece.dropFirst(continuation.count) : piece[...]
    }

    /// What a piece adds to decoded text: a space in front of what starts a word.
    ///
    /// - Parameter isCleaned: whether the spaces go that English does not write, in the order of Hugging Face's
    ///   `WordPiece` decoder.
    func text(of piece: String, isFirst: Bool, isCleaned: Bool) -> String {
        let text = isFirst ? piece : piece.hasPrefix(continuation) ? String(content(of: piece)) : " " + piece
        guard isCleaned else { return text }
        return Self.unwrittenSpaces.reduce(text) { text, pair in
            text.split(separator: pair.0, omittingEmptySubsequences: false).joined(separator: pair.1)
        }
    }

    private static let unwrittenSpaces = [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
        (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ]
}
