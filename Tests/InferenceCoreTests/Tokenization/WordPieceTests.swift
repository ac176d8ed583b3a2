import Glibc
import InferenceCore
import Testing

/// The tokenizer of all-MiniLM-L6-v2, from the model store.
@Suite("WordPiece (all-MiniLM-L6-v2)")
struct WordPieceTests {
    let tokenizer: Tokenizer

    /// Read once for all tests.
    private static let shared = Result { try load() }

    init() throws { tokenizer = try Self.shared.get() }

    private static func load() throws -> Tokenizer {
        let home = getenv("EMBED_HOME").map { String(cString: $0) }
        let cache = getenv("HOME").map { String(cString: $0) + "/.cache/embed-server" }
        let store = try #require(home ?? cache)
        let file = "\(store)/models/all-MiniLM-L6-v2/tokenizer.json"
        try #require(access(file, R_OK) == 0, "\(file) is missing: run make model")
        return try Tokenizer(file: file)
    }

    @Test("gives the reference ids for every golden text")
    func goldens() throws {
        let goldens = try TokenizerGolden.load("all-MiniLM-L6-v2")
        #expect(goldens.count > 1_500)
        TokenizerGolden.expectEqual(goldens, tokenizer)
    }

    @Test("cuts at the limit and keeps [SEP]", arguments: [2, 3, 5, 64, 500])
    func limit(_ limit: Int) throws {
        for (i, golden) in try TokenizerGolden.load("all-MiniLM-L6-v2").enumerated() where i % 10 == limit % 10 {
            // Long enough that only an excerpt is read.
            let text = repeatElement(golden.text, count: 50).joined(separator: " [SEP] ")
            let whole = tokenizer.encode(text)
            let cut = tokenizer.encode(text, limit: limit)
            #expect(cut.truncated == (whole.ids.count > limit))
            guard cut.truncated else { continue }
            #expect(cut.ids == whole.ids.prefix(limit - 1) + [102], "\(golden.text.debugDescription)")
        }
    }

    @Test("a limit without room for content leaves the last special tokens")
    func tinyLimits() {
        #expect(tokenizer.encode("hello", limit: 2) == Encoding(ids: [101, 102], truncated: true))
        #expect(tokenizer.encode("hello", limit: 1) == Encoding(ids: [102], truncated: true))
        #expect(tokenizer.encode("hello", limit: 0) == Encoding(ids: [], truncated: true))
        #expect(tokenizer.encode("", limit: 2) == Encoding(ids: [101, 102], truncated: false))
    }

    @Test("leaves the special tokens out on request")
    func withoutSpecialTokens() {
        #expect(tokenizer.encode("hello", addSpecialTokens: false).ids == [7592])
        #expect(tokenizer.encode("hello", limit: 1, addSpecialTokens: false) == Encoding(ids: [7592]))
    }

    @Test("knows its vocabulary")
    func vocabulary() {
        #expect(tokenizer.vocabularySize == 30_522)
        #expect(tokenizer.piece(101) == "[CLS]")
        #expect(tokenizer.piece(2015) == "##s")
        #expect(tokenizer.piece(-1) == nil)
        #expect(tokenizer.piece(30_522) == nil)
    }
}
