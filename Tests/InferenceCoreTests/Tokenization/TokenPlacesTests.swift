import InferenceCore
import JSONCore
import Testing

@Suite("Tokens for people")
struct TokenPlacesTests {
    /// The three kinds of tokenizer, each with what the reference library says of the same texts.
    static let names = ["tiny-nano", "tiny-small", "all-MiniLM-L6-v2"]

    private func tokenizer(_ name: String) throws -> Tokenizer {
        let isDefault = name == "all-MiniLM-L6-v2"
        return try Tokenizer(
            file: isDefault ? Fixtures.defaultModel() + "/tokenizer.json" : Fixtures.path("tokenizers/\(name).json")
        )
    }

    @Test("places are those of the reference library", arguments: names)
    func places(name: String) throws {
        let tokenizer = try tokenizer(name)
        for record in try Fixtures.lines("tokenizers/\(name)-places.jsonl") {
            let text = try #require(record["text"]?.string)
            let expected = try #require(record["tokens"]?.array).map { try #require($0.array) }
            let hasMarks = text.count < text.unicodeScalars.count && !text.contains("🦊")
            let (tokens, truncated) = tokenizer.tokens(of: text)
            #expect(!truncated)
            #expect(tokens.map(\.id) == tokenizer.encode(text).ids)
            for (token, golden) in zip(tokens, expected) {
                #expect(Int(token.id) == golden[0].integer)
                #expect(token.isSpecial == golden[1].isNull)
                guard let range = token.range, let start = golden[1].integer, let end = golden[2].integer else {
                    #expect(token.range == nil && golden[1].isNull, "\(text.debugDescription) \(token)")
                    continue
                }
                if hasMarks {
                    // The reference gives a composed character the place of some of its parts, we that of all.
                    #expect(range.lowerBound <= start && end <= range.upperBound, "\(text.debugDescription) \(token)")
                } else {
                    #expect(range == start..<end, "\(text.debugDescription) \(token)")
                }
            }
            #expect(tokens.count == expected.count)
        }
    }

    @Test("decoded text is that of the reference library", arguments: names)
    func decoding(name: String) throws {
        let tokenizer = try tokenizer(name)
        for record in try Fixtures.lines("tokenizers/\(name)-places.jsonl") {
            let ids = tokenizer.encode(try #require(record["text"]?.string)).ids
            #expect(tokenizer.decode(ids) == record["decoded"]?.string)
            #expect(tokenizer.decode(ids, skipSpecialTokens: false) == record["whole"]?.string)
        }
        #expect(tokenizer.decode([Int32(tokenizer.vocabularySize)]) == nil)
        #expect(tokenizer.decode([-1]) == nil)
    }

    @Test("a limit cuts the content and says so, down to nothing", arguments: names)
    func limits(name: String) throws {
        let tokenizer = try tokenizer(name)
        for limit in 0...12 {
            let (tokens, truncated) = tokenizer.tokens(of: "The quick brown fox jumps over it", limit: limit)
            let encoding = tokenizer.encode("The quick brown fox jumps over it", limit: limit)
            #expect(tokens.map(\.id) == encoding.ids)
            #expect(truncated == encoding.truncated)
        }
        #expect(tokenizer.tokens(of: "a", addSpecialTokens: false).tokens.allSatisfy { !$0.isSpecial })
    }
}
