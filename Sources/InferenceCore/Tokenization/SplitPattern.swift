/// The regular expression with which GPT-4's successors cut text into words, as a scanner.
///
/// ```
/// (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,n}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
/// ```
///
/// Its alternatives are tried in this order at every position, and between them they take every character: words
/// follow each other without gaps.
struct SplitPattern: Sendable, Equatable {
    /// How many digits make a word at most.
    let digits: Int

    /// Recognizes the expression of a `Split` pre-tokenizer; `nil` if it is another one.
    init?(regex: String) {
        let start = #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"#
        let end = #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
        switch regex {
        case start + "{1,3}" + end: digits = 3
        case start + end: digits = 1
        default: return nil
        }
    }

    private enum Kind { case letter, number, space, other }

    /// The end of the word that starts at `start`.
    @inline(__always)
    func wordEnd(in text: UTF8Text, from start: Int) -> Int {
        let (kind, width) = Self.kind(of: text, at: start)
        let next = start + width
        switch kind {
        case .letter:
            return Self.runEnd(of: .letter, in: text, from: next)
        case .number:
            return numberEnd(in: text, from: next)
        case .other:
            if text[start] == UInt8(ascii: "'"), let end = Self.contractionEnd(in: text, from: next) { return end }
            if next < text.count, case (.letter, let width) = Self.kind(of: text, at: next) {
                return Self.runEnd(of: .letter, in: text, from: next + width)
            }
            return Self.symbolsEnd(in: text, from: next)
        case .space:
            return Self.spaceEnd(in: text, from: start, next: next)
        }
    }

    // \p{N}{1,n}
    private func numberEnd(in text: UTF8Text, from index: Int) -> Int {
        var end = index
        for _ in 1..<digits {
            guard end < text.count, case (.number, let width) = Self.kind(of: text, at: end) else { break }
            end += width
        }
        return end
    }

    // (?i:'s|'t|'re|'ve|'m|'ll|'d) behind the apostrophe. U+017F, the long s, is an s in another case.
    private static func contractionEnd(in text: UTF8Text, from index: Int) -> Int? {
        guard index < text.count else { return nil }
        let second = index + 1 < text.count ? text[index + 1] : 0
        switch (text[index] | 0x20, second | 0x20) {
        case (UInt8(ascii: "s"), _), (UInt8(ascii: "t"), _), (UInt8(ascii: "m"), _), (UInt8(ascii: "d"), _):
            return index + 1
        case (UInt8(ascii: "r"), UInt8(ascii: "e")), (UInt8(ascii: "v"), UInt8(ascii: "e")),
            (UInt8(ascii: "l"), UInt8(ascii: "l")):
            return index + 2
        default:
            return text[index] == 0xC5 && second == 0xBF ? index + 2 : nil
        }
    }

    // [^\s\p{L}\p{N}]+[\r\n]* behind its first character
    private static func symbolsEnd(in text: UTF8Text, from index: Int) -> Int {
        var end = runEnd(of: .other, in: text, from: index)
        while end < text.count, isLineBreak(text[end]) { end += 1 }
        return end
    }

    /// A word that starts with white space.
    private static func spaceEnd(in text: UTF8Text, from start: Int, next: Int) -> Int {
        // [^\r\n\p{L}\p{N}]?\p{L}+ and  ?[^\s\p{L}\p{N}]+[\r\n]*
        if next < text.count, !isLineBreak(text[start]) {
            let (kind, width) = kind(of: text, at: next)
            if kind == .letter { return runEnd(of: .letter, in: text, from: next + width) }
            if kind == .other, text[start] == UInt8(ascii: " ") { return symbolsEnd(in: text, from: next + width) }
        }
        var end = start
        var lastStart = start
        var lineBreakEnd = 0
        while end < text.count {
            let (kind, width) = kind(of: text, at: end)
            guard kind == .space else { break }
            lastStart = end
            end += width
            if isLineBreak(text[lastStart]) { lineBreakEnd = end }
        }
        // \s*[\r\n]+ goes back to the last line break of the run.
        if lineBreakEnd > 0 { return lineBreakEnd }
        // \s+(?!\S) leaves the last character to the word behind it; \s+ takes what is then left.
        return end == text.count || lastStart == start ? end : lastStart
    }

    private static func runEnd(of wanted: Kind, in text: UTF8Text, from index: Int) -> Int {
        var end = index
        while end < text.count {
            let (kind, width) = kind(of: text, at: end)
            guard kind == wanted else { break }
            end += width
        }
        return end
    }

    @inline(__always)
    private static func isLineBreak(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

    @inline(__always)
    private static func kind(of text: UTF8Text, at index: Int) -> (Kind, width: Int) {
        let byte = text[index]
        if (byte | 0x20) &- UInt8(ascii: "a") < 26 { return (.letter, 1) }
        if byte < 0x80 {
            if byte &- UInt8(ascii: "0") < 10 { return (.number, 1) }
            return (byte == 0x20 || byte &- 0x09 < 5 ? .space : .other, 1)
        }
        let (scalar, width) = text.scalar(at: index)
        let properties = UnicodeProperties(of: scalar)
        if properties.contains(.letter) { return (.letter, width) }
        if properties.isDisjoint(with: [.number, .space]) { return (.other, width) }
        return (properties.contains(.number) ? .number : .space, width)
    }
}
