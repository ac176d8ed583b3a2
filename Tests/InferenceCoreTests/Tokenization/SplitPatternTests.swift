import Testing

@testable import InferenceCore

@Suite("Word boundaries")
struct SplitPatternTests {
    private static let three =
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|"#
        + #"\s+(?!\S)|\s+"#

    /// The words of a text.
    static func words(_ text: String) throws -> [String] {
        let pattern = try #require(SplitPattern(regex: three))
        return words(Array(text.utf8), pattern)
    }

    static func words(_ text: [UInt8], _ pattern: SplitPattern) -> [String] {
        text.withUnsafeBufferPointer { text in
            var words: [String] = []
            var position = 0
            while position < text.count {
                let end = pattern.wordEnd(in: text, from: position)
                words.append(String(decoding: text[position..<end], as: UTF8.self))
                position = end
            }
            return words
        }
    }

    // Written by hand from the regular expression, alternative by alternative.
    @Test(
        "follows the regular expression",
        arguments: [
            ("It's we'Re 'LLama I'd'vE", ["It", "'s", " we", "'Re", " '", "LLama", " I", "'d", "'vE"]),
            (
                "'\u{17F}abc '\u{17F} 'st 'x 're're",
                ["'\u{17F}", "abc", " '", "\u{17F}", " '", "st", " '", "x", " '", "re", "'re"]
            ),
            ("'sa 's", ["'s", "a", " '", "s"]),
            ("word .word !?word", ["word", " .", "word", " !?", "word"]),
            (".word \tword\u{3000}word", [".word", " ", "\tword", "\u{3000}word"]),
            ("e\u{301}e \u{301}", ["e", "\u{301}e", " \u{301}"]),
            ("1234567 x12\u{664}½Ⅷ9", ["123", "456", "7", " x", "12\u{664}", "½Ⅷ9"]),
            ("!?\n\r\n\n a", ["!?\n\r\n\n", " a"]),
            ("a \n \r\n  b", ["a", " \n \r\n", " ", " b"]),
            ("a   b", ["a", "  ", " b"]),
            ("a   1", ["a", "  ", " ", "1"]),
            ("a  \t", ["a", "  \t"]),
            ("\nword", ["\n", "word"]),
            (" \u{200B}\u{1C}x", [" \u{200B}\u{1C}", "x"]),
            ("", []),
        ]
    )
    func words(text: String, expected: [String]) throws {
        #expect(try Self.words(text) == expected)
    }

    @Test("an unknown expression is not recognized", arguments: ["", #"\w+"#, three + "|", "x" + three])
    func unknown(regex: String) {
        #expect(SplitPattern(regex: regex) == nil)
    }

    /// What the limit relies on: what lies behind a cut changes nothing before it.
    @Test(
        "an excerpt has the words of the whole text",
        arguments: [
            "a\n" + String(repeating: " ", count: 20) + "\nb   \n\n   c \r\n",
            "a" + String(repeating: "\u{301}", count: 9) + "\u{323}b\u{315}c\u{F73}\u{344}",
            "한\u{1112}\u{1161}\u{11AB}각\u{11A8}가\u{11A8}글 \u{9C7}\u{9BE}x",
            "x\u{1F469}\u{200D}\u{1F467}'s\u{2000}\u{2001} \u{212B}\u{1E9B}\u{323} it's",
        ]
    )
    func excerpt(text: String) throws {
        let pattern = try #require(SplitPattern(regex: Self.three))
        func normalizedWords(_ text: UTF8Text) -> [String] {
            Self.words(Normalizer.nfc.withNormalized(text) { Array($0) }, pattern)
        }
        var text = String(repeating: text, count: 3)
        text.withUTF8 { text in
            let whole = normalizedWords(text)
            var cuts = 0
            for length in 1..<text.count {
                let end = Excerpt.end(in: text, near: length)
                guard end > 0 else { continue }
                cuts += 1
                #expect(end <= length)
                // The last word may go on behind the cut.
                let words = normalizedWords(text[part: 0..<end]).dropLast()
                #expect(whole.prefix(words.count).elementsEqual(words) { Array($0.utf8) == Array($1.utf8) })
            }
            #expect(cuts > 0)
        }
    }
}
