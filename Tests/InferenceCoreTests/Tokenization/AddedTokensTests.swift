import Testing

@testable import InferenceCore

@Suite("Added tokens")
struct AddedTokensTests {
    /// What is found in `text`: the parts, tokens in brackets.
    private func split(_ text: String, _ tokens: AddedToken...) -> String {
        let added = AddedTokens(tokens)
        var text = text
        return text.withUTF8 { text in
            var result = ""
            var position = 0
            var searchStart = 0
            var spaces = SpaceRuns()
            while let match = added.nextMatch(
                in: text,
                from: position,
                searchStart: searchStart,
                spaces: &spaces
            ) {
                let partEnd = max(position, match.range.lowerBound)
                result += String(decoding: text[position..<partEnd], as: UTF8.self)
                result += "[\(String(decoding: text[match.range], as: UTF8.self))]"
                position = match.range.upperBound
                searchStart = match.searchEnd
            }
            return result + String(decoding: text[position...], as: UTF8.self)
        }
    }

    private func token(_ content: String, word: Bool = false, left: Bool = false, right: Bool = false) -> AddedToken {
        AddedToken(id: 1, content: content, singleWord: word, stripsLeft: left, stripsRight: right, normalized: false)
    }

    @Test("the leftmost token wins, then the longest")
    func longest() {
        #expect(split("abcde", token("ab"), token("abc"), token("bcde")) == "[abc]de")
        #expect(split("abde", token("ab"), token("abc"), token("bcde")) == "[ab]de")
        #expect(split("xbcdebcd", token("ab"), token("abc"), token("bcde")) == "x[bcde]bcd")
        #expect(split("<|a|><|a", token("<|a|>"), token("<|b|>")) == "[<|a|>]<|a")
        #expect(split("", token("a")) == "")
    }

    @Test("a token may swallow white space, but not what an earlier one took")
    func strip() {
        #expect(split("a \u{3000}\n<m> \t b", token("<m>", left: true)) == "a[ \u{3000}\n<m>] \t b")
        #expect(split("a \n<m> \u{A0} b", token("<m>", right: true)) == "a \n[<m> \u{A0} ]b")
        #expect(split("<m>   x", token("<m>", right: true), token(" x")) == "[<m>   ][ x]")
        #expect(split("<m>  <m>", token("<m>", left: true, right: true)) == "[<m>  ][<m>]")
    }

    @Test("white space that tokens swallow is walked once, also where they are white space themselves")
    func linear() {
        let added = AddedTokens([token("\n", right: true), token("\t"), token("<m>", left: true, right: true)])
        for unit in ["\n", "\n\t", "<m> \n", "\n    "] {
            var text = String(repeating: unit, count: 20_000)
            text.withUTF8 { text in
                var (position, searchStart, found) = (0, 0, 0)
                var spaces = SpaceRuns()
                while let match = added.nextMatch(
                    in: text,
                    from: position,
                    searchStart: searchStart,
                    spaces: &spaces
                ) {
                    found += 1
                    position = match.range.upperBound
                    searchStart = match.searchEnd
                }
                #expect(found >= 20_000)
                #expect(spaces.visited <= 2 * text.count)
            }
        }
    }

    @Test("a token of one word does not match inside another")
    func singleWord() {
        #expect(split("cat cats _cat cat. écat cat", token("cat", word: true)) == "[cat] cats _cat [cat]. écat [cat]")
    }
}
