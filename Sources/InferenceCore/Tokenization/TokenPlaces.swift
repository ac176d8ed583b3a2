/// Finds the place of each token in the text it was cut from, by walking along the text with the ids.
///
/// For people only: the tokenizer itself keeps no places, and is the faster for it.
struct TokenPlaces {
    private let tokenizer: Tokenizer
    private let text: NormalizedText
    /// Where in the normalized text the next token starts, or the white space in front of it.
    private var position = 0
    private var spaces = SpaceRuns()
    /// The added tokens that were not found in white space of the original, each with the end of that.
    private var fruitless: [Int32: Int] = [:]
    private var searched = 0

    /// Octets looked at so far, apart from those of the tokens themselves: some times the text, whatever it is.
    var visited: Int { spaces.visited + searched }

    /// Starts at the beginning of a text; `nil` if places cannot be told.
    init?(_ text: String, _ tokenizer: Tokenizer) {
        guard let normalized = NormalizedText(text, tokenizer.normalizer) else { return nil }
        self.tokenizer = tokenizer
        self.text = normalized
    }

    /// The place in the text of the next token; `nil` if the text does not go on like that.
    mutating func next(_ id: Int32) -> Range<Int>? {
        if let token = tokenizer.added[id], let range = takeAdded(token) { return range }
        let start = text.octets.withUnsafeBufferPointer { spaces.end(in: $0, from: position) }
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
        if let end = fruitless[token.id], first <= end { return nil }
        var start = first
        while start < octets.count, octets[start] <= 0x20, !octets[start...].starts(with: content) { start += 1 }
        searched += start - first
        guard octets[start...].starts(with: content) else {
            fruitless[token.id] = start
            return nil
        }
        var end = start + content.count
        while token.stripsRight, end < octets.count, octets[end] <= 0x20 { end += 1 }
        searched += end - start
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
}
