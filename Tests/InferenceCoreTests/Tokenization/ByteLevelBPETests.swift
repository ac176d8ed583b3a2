import Testing

@testable import InferenceCore

/// Tokenizers in the layout of the two jina-embeddings-v5-text models, with small vocabularies.
@Suite("Byte-level BPE")
struct ByteLevelBPETests {
    enum Family: String, CaseIterable {
        case nano = "tiny-nano"
        case small = "tiny-small"

        static let loaded = Result {
            try Dictionary(
                uniqueKeysWithValues: Family.allCases.map {
                    ($0, try Tokenizer(file: Fixtures.path("tokenizers/\($0.rawValue).json")))
                }
            )
        }

        func tokenizer() throws -> Tokenizer { try #require(try Self.loaded.get()[self]) }

        /// What the post-processor puts behind every text.
        var suffix: Int { self == .nano ? 1 : 0 }
    }

    @Test("gives the reference ids for every golden text", arguments: Family.allCases)
    func goldens(family: Family) throws {
        let goldens = try TokenizerGolden.load(family.rawValue)
        #expect(goldens.count > 1_000)
        TokenizerGolden.expectEqual(goldens, try family.tokenizer())
    }

    @Test("gives the same ids when the words are already known", arguments: Family.allCases)
    func cached(family: Family) throws {
        let tokenizer = try family.tokenizer()
        for golden in try TokenizerGolden.load(family.rawValue).prefix(100) {
            for _ in 0..<2 { #expect(tokenizer.encode(golden.text).ids == golden.ids) }
        }
    }

    @Test("cuts at the limit and keeps the end token", arguments: Family.allCases, [1, 2, 7, 64, 500])
    func limit(family: Family, limit: Int) throws {
        let tokenizer = try family.tokenizer()
        let end = tokenizer.encode("").ids
        #expect(end.count == family.suffix)
        for (i, golden) in try TokenizerGolden.load(family.rawValue).enumerated() where i % 20 == limit % 20 {
            // Long enough that only an excerpt is read.
            let text = repeatElement(golden.text, count: 50).joined(separator: "\n ")
            let whole = tokenizer.encode(text).ids
            let cut = tokenizer.encode(text, limit: limit)
            let expected = whole.count > limit ? whole.prefix(limit - family.suffix) + end : whole
            #expect(cut.ids == expected, "\(golden.text.debugDescription)")
            #expect(cut.truncated == (whole.count > limit))
        }
    }

    @Test(
        "a cut never falls where the rest decides",
        arguments: Family.allCases,
        [
            // The last line break of a run of white space; a mark that composes; an added token; white space it swallows.
            "\n" + String(repeating: " ", count: 3_000) + "\nx",
            "e" + String(repeating: "\u{323}", count: 2_000) + "\u{301}x",
            String(repeating: "a", count: 1_190) + "<|mask|><|endoftext|>" + String(repeating: "b ", count: 900),
            "a" + String(repeating: " ", count: 3_000) + "<|mask|> b",
            "a" + String(repeating: " ", count: 1_170) + "<|mask|>" + String(repeating: "b ", count: 900),
            String(repeating: "한", count: 1_000) + String(repeating: "\u{1112}\u{1161}\u{11AB}", count: 1_000),
        ]
    )
    func cut(family: Family, text: String) throws {
        let tokenizer = try family.tokenizer()
        let whole = tokenizer.encode(text, addSpecialTokens: false).ids
        for limit in [1, 2, 3, 5, 20, 150, 400] {
            let cut = tokenizer.encode(text, limit: limit, addSpecialTokens: false)
            #expect(cut.ids == whole.prefix(limit).map { $0 }, "limit \(limit)")
        }
    }

    @Test(
        "a word beyond all measure is merged in parts with the same result",
        arguments: Family.allCases,
        [0, 1, 2, 3]
    )
    func longWord(family: Family, start: Int) throws {
        guard case .bytePair(let model) = try family.tokenizer().model else { return #expect(Bool(false)) }
        // Letters of a linear congruential generator: no period that the parts could agree on by chance.
        var state: UInt32 = 1
        let word = (0..<(start + 20_000)).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return Array("the and ing ion".utf8.filter { $0 != 0x20 })[Int(state >> 16) % 12]
        }[start...]
        Array(word).withUnsafeBufferPointer { word in
            var scratch = ByteLevelBPE.Scratch()
            var inParts: [Int32] = []
            model.encode(word, into: &inParts, capacity: .max, scratch: &scratch)
            var queue = MergeQueue()
            var asWhole: [Int32] = []
            #expect(queue.merge(word, keeping: word.count, model, into: &asWhole) == word.count)
            #expect(inParts == asWhole)
            var beginning: [Int32] = []
            let rest = model.encodeParts(of: word, into: &beginning, capacity: 100, scratch: &scratch)
            #expect(rest < word.count)
            #expect(beginning.count >= 100)
            #expect(asWhole.starts(with: beginning))
        }
    }
}
