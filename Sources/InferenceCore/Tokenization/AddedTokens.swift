/// A token that is matched in the text itself, before the text is split into words.
struct AddedToken: Sendable, Equatable {
    let id: Int32
    let content: String
    /// Does not match inside a longer word.
    let singleWord: Bool
    /// Swallows the white space before it.
    let stripsLeft: Bool
    /// Swallows the white space behind it.
    let stripsRight: Bool
    /// Is matched in normalized text.
    let normalized: Bool
    /// Is left out of decoded text.
    var isSpecial = false
}

/// Finds added tokens in a text: the leftmost, and of those that start there the longest.
///
/// The rules are those of `AddedVocabulary::find_matches` in Hugging Face tokenizers.
struct AddedTokens: Sendable {
    /// In the order of their octets, so that tokens with a common start are neighbours.
    private let tokens: [AddedToken]
    /// What each one looks like in the text.
    private let contents: [[UInt8]]
    /// Which octets a token starts with.
    private let isFirst: [Bool]
    /// The length of the longest token in octets.
    let longest: Int

    /// Makes a matcher.
    ///
    /// - Parameters:
    ///   - tokens: tokens with text; the last of two with equal text counts.
    ///   - normalize: turns their text into what is to be found.
    init(_ tokens: [AddedToken], normalize: (String) -> [UInt8] = { Array($0.utf8) }) {
        var byContent: [[UInt8]: AddedToken] = [:]
        for token in tokens { byContent[normalize(token.content)] = token }
        byContent[[]] = nil
        let entries = byContent.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        self.tokens = entries.map(\.value)
        contents = entries.map(\.key)
        var isFirst = [Bool](repeating: false, count: 256)
        for content in contents { isFirst[Int(content[0])] = true }
        self.isFirst = isFirst
        longest = contents.map(\.count).max() ?? 0
    }

    /// Whether there is nothing to find.
    var isEmpty: Bool { tokens.isEmpty }

    /// A token in a text, with the white space it swallows.
    struct Match {
        let range: Range<Int>
        let id: Int32
        /// Where the token itself ends: the search goes on there, even inside white space that it swallows.
        let searchEnd: Int
    }

    /// The first token of `text` at or behind `searchStart`.
    ///
    /// - Parameters:
    ///   - position: where the part begins that no token has taken yet.
    ///   - spaces: what is known of the white space of this text.
    func nextMatch(
        in text: UTF8Text,
        from position: Int,
        searchStart: Int,
        spaces: inout SpaceRuns
    ) -> Match? {
        var start = searchStart
        while start < text.count {
            guard isFirst[Int(text[start])], let index = longestToken(in: text, at: start) else {
                start += 1
                continue
            }
            let token = tokens[index]
            let end = start + contents[index].count
            if token.singleWord, isInsideWord(text, start..<end) {
                start = end
                continue
            }
            var range = start..<end
            if token.stripsLeft { range = spaceStart(text, before: start, notBefore: position)..<end }
            if token.stripsRight { range = range.lowerBound..<spaces.end(in: text, from: end) }
            return Match(range: range, id: token.id, searchEnd: end)
        }
        return nil
    }

    /// Narrows the tokens octet by octet to those that agree with the text.
    private func longestToken(in text: UTF8Text, at start: Int) -> Int? {
        var low = 0
        var high = tokens.count
        var best: Int?
        var depth = 0
        while low < high {
            // The shortest of the tokens that agree comes first.
            if contents[low].count == depth {
                best = low
                low += 1
            }
            guard start + depth < text.count else { break }
            let byte = text[start + depth]
            low += Digits.search(count: high - low) { contents[low + $0][depth] >= byte }
            high = low + Digits.search(count: high - low) { contents[low + $0][depth] > byte }
            depth += 1
        }
        return best
    }

    private func isInsideWord(_ text: UTF8Text, _ range: Range<Int>) -> Bool {
        func isWord(_ scalar: UInt32) -> Bool { UnicodeProperties(of: scalar).contains(.word) }
        return range.lowerBound > 0 && isWord(text.scalar(before: range.lowerBound).value)
            || range.upperBound < text.count && isWord(text.scalar(at: range.upperBound).value)
    }

    private func spaceStart(_ text: UTF8Text, before index: Int, notBefore limit: Int) -> Int {
        var start = index
        while start > limit {
            let (scalar, width) = text.scalar(before: start)
            guard UnicodeProperties(of: scalar).contains(.space) else { break }
            start -= width
        }
        return start
    }
}
