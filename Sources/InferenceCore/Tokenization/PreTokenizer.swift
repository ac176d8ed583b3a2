/// Cuts normalized text into the words that a model works on.
enum PreTokenizer: Sendable {
    /// BERT's: white space separates, every punctuation mark is a word.
    case bert
    /// A regular expression whose matches are the words.
    case split(SplitPattern)

    /// The next word at or behind `position`, which moves behind it; `nil` at the end.
    @inline(__always)
    func nextWord(in text: UTF8Text, from position: inout Int) -> Range<Int>? {
        switch self {
        case .bert:
            return BertPreTokenizer.nextWord(in: text, from: &position)
        case .split(let pattern):
            guard position < text.count else { return nil }
            let start = position
            position = pattern.wordEnd(in: text, from: start)
            return start..<position
        }
    }
}

/// BERT's word boundaries ("BasicTokenizer" in google-research/bert, tokenization.py).
enum BertPreTokenizer {
    @inline(__always)
    static func nextWord(in text: UTF8Text, from position: inout Int) -> Range<Int>? {
        while position < text.count {
            let (kind, width) = kind(of: text, at: position)
            let start = position
            position += width
            switch kind {
            case .space: continue
            case .punctuation: return start..<position
            case .other:
                while position < text.count {
                    let (kind, width) = self.kind(of: text, at: position)
                    if kind != .other { break }
                    position += width
                }
                return start..<position
            }
        }
        return nil
    }

    private enum Kind { case space, punctuation, other }

    @inline(__always)
    private static func kind(of text: UTF8Text, at index: Int) -> (Kind, width: Int) {
        let byte = text[index]
        if (byte | 0x20) &- UInt8(ascii: "a") < 26 { return (.other, 1) }
        let (scalar, width) = text.scalar(at: index)
        let properties = UnicodeProperties(of: scalar)
        if properties.isDisjoint(with: [.space, .punctuation]) { return (.other, width) }
        return (properties.contains(.space) ? .space : .punctuation, width)
    }
}
