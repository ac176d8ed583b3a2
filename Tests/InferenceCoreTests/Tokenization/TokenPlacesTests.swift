import JSONCore
import Testing

@testable import InferenceCore

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

    @Test("finding places looks at each octet a few times, whatever the text is", arguments: names)
    func linear(name: String) throws {
        let tokenizer = try tokenizer(name)
        let added = tokenizer.added.values.map(\.content).sorted().prefix(8).joined(separator: " \n ")
        for unit in [
            "\r\n", " ", "\n ", "\u{3000}", "e\u{301}\u{327}", "\u{301}", "\u{10FFFD}\u{1F9CA} ", added + "   ",
            "[UNK] ",
            "x\r\n\r\n", "\t\u{10FFFD}\n",
        ] {
            let text = String(repeating: unit, count: 40_000 / unit.utf8.count)
            let (tokens, _) = tokenizer.tokens(of: text, addSpecialTokens: false)
            guard var places = TokenPlaces(text, tokenizer) else { continue }
            #expect(tokens.map { places.next($0.id) } == tokens.map(\.range))
            #expect(places.visited <= 4 * text.utf8.count, "\(unit.debugDescription)")
        }
    }

    @Test("nothing is done for whoever has gone", arguments: names)
    func cancelled(name: String) throws {
        let cancellation = Cancellation()
        let tokenizer = try tokenizer(name)
        #expect(tokenizer.tokens(of: "a b", cancellation: cancellation).tokens.count > 1)
        cancellation.cancel()
        #expect(tokenizer.tokens(of: "a b", cancellation: cancellation).tokens.isEmpty)
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
