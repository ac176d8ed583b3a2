/// Finds the place of each token in the text it was cut from, by walking along the text with the ids.
///
/// For people only: the tokenizer itself keeps no places, and is the faster for it.
struct TokenPlaces {
    private let tokenizer: Tokenizer
    private let text: NormalizedText
    /// Where in the normalized text the next token starts, or the white space in front of it.
    private var position = 0

    /// Starts at the beginning of a text; `nil` if places cannot be told.
    init?(_ text: String, _ tokenizer: Tokenizer) {
        guard let normalized = NormalizedText(text, tokenizer.normalizer) else { return nil }
        self.tokenizer = tokenizer
        self.text = normalized
    }

    /// The place in the text of the next token; `nil` if the text does not go on like that.
    mutating func next(_ id: Int32) -> Range<Int>? {
        if let token = tokenizer.added[id], let range = takeAdded(token) { return range }
        let start = withoutSpace(position)
        guard let octets = tokenizer.contentOctets(of: id) else { return takeUnknownWord(from: start) }
        // A byte-level token may itself start with a space.
        for start in [position, start] where text.octets[start...].starts(with: octets) {
            position = start + octets.count
            return text.origin(of: start..<position)
        }
        return nil
    }

    /// Added tokens are matched in the original text, and may swallow the white space around them.
    private mutating func takeAdded(_ token: AddedToken) -> Range<Int>? {
        let octets = text.original
        let content = token.content.utf8
        let first = text.origin(at: position)
        var start = first
        while start < octets.count, octets[start] <= 0x20, !octets[start...].starts(with: content) { start += 1 }
        guard octets[start...].starts(with: content) else { return nil }
        var end = start + content.count
        while token.stripsRight, end < octets.count, octets[end] <= 0x20 { end += 1 }
        position = text.index(from: position, behind: end)
        return (token.stripsLeft ? first : start)..<end
    }

    /// The unknown token stands for a whole word.
    private mutating func takeUnknownWord(from start: Int) -> Range<Int>? {
        var end = start
        let word = text.octets.withUnsafeBufferPointer { tokenizer.preTokenizer.nextWord(in: $0, from: &end) }
        guard let word else { return nil }
        position = word.upperBound
        return text.origin(of: word)
    }

    private func withoutSpace(_ start: Int) -> Int {
        text.octets.withUnsafeBufferPointer { octets in
            var start = start
            // A byte-level token may start inside a character, where no space is.
            while start < octets.count, octets[start] & 0xC0 != 0x80 {
                let (scalar, width) = octets.scalar(at: start)
                guard UnicodeProperties(of: scalar).contains(.space) else { break }
                start += width
            }
            return start
        }
    }
}
