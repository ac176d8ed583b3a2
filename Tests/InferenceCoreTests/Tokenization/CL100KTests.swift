import Testing

@testable import InferenceCore

@Suite("cl100k_base")
struct CL100KTests {
    /// Stands in for the real vocabulary, which is large: the true digit tokens, all octets, and made-up words.
    private static let tokens: [String] = {
        var tokens = (0..<Int(CL100K.count)).map { "w\($0)" }
        for (id, text) in [(410, "00"), (508, "20"), (931, "000"), (717, "12")] { tokens[id] = text }
        return tokens
    }()

    private static func vocabulary(_ tokens: some Sequence<String>) -> Vocabulary {
        var vocabulary = Vocabulary()
        for (id, token) in tokens.enumerated() {
            var token = token
            token.withUTF8 { vocabulary.set($0, id: Int32(id)) }
        }
        return vocabulary
    }

    private static func fingerprint(_ tokens: [String]) -> UInt64 {
        var hash = ByteTable.Hash()
        for token in tokens {
            for octet in token.utf8 { hash.combine(octet) }
            hash.combine(0xFF)
        }
        return hash.value
    }

    @Test("decodes a vocabulary with the same ids")
    func sameIDs() throws {
        let vocabulary = Self.vocabulary(Self.tokens + ["more"])
        let cl100k = try #require(CL100K(in: vocabulary, fingerprint: Self.fingerprint(Self.tokens)))
        #expect(try cl100k.decode([410, 5, 931, 100_255], vocabulary) == "00w5000w100255")
        #expect(throws: CL100KError.specialToken(id: 100_257, index: 1)) {
            try cl100k.decode([1, 100_257], vocabulary)
        }
        #expect(throws: CL100KError.outOfRange(id: 100_256, index: 0)) { try cl100k.decode([100_256], vocabulary) }
        #expect(throws: CL100KError.outOfRange(id: -1, index: 2)) { try cl100k.decode([1, 2, -1], vocabulary) }
        #expect(CL100K(in: vocabulary) == nil)
    }

    @Test("decodes a vocabulary without the tokens of two and three digits")
    func closedUp() throws {
        // The table itself says which ids those are; here all of them get their true text.
        var numbers: [Int: String] = [:]
        for index in 0..<1_100 {
            numbers[Int(CL100K.numberID(at: index))] = String(CL100K.numberText(at: index))
        }
        let two = (0..<100).map { String(String(100 + $0).dropFirst()) }
        let three = (0..<1_000).map { String(String(1_000 + $0).dropFirst()) }
        #expect(Set(numbers.values) == Set(two + three))
        #expect(numbers[410] == "00")
        #expect(numbers[717] == "12")
        var tokens = Self.tokens
        for (id, text) in numbers { tokens[id] = text }
        let kept = tokens.enumerated().filter { numbers[$0.offset] == nil }.map(\.element)
        #expect(kept.count == 99_156)
        let vocabulary = Self.vocabulary(kept)
        let cl100k = try #require(CL100K(in: vocabulary, fingerprint: Self.fingerprint(tokens)))
        let ids: [Int32] = [0, 409, 410, 411, 717, 931, 1_000, 100_255]
        #expect(try cl100k.decode(ids, vocabulary) == ids.map { tokens[Int($0)] }.joined())
    }

    @Test("half a character becomes U+FFFD, one for each part that cannot be completed")
    func replacement() throws {
        // In the byte-level alphabet: E2 82 | AC makes a euro sign, F0 9F alone does not, FF never.
        var tokens = Self.tokens
        tokens[0] = "\u{E2}\u{124}"
        tokens[1] = "\u{AC}"
        tokens[2] = "\u{F0}\u{141}"
        tokens[3] = "\u{FF}"
        let vocabulary = Self.vocabulary(tokens)
        let cl100k = try #require(CL100K(in: vocabulary, fingerprint: try Self.octetFingerprint(vocabulary)))
        #expect(try cl100k.decode([0, 1], vocabulary) == "€")
        #expect(try cl100k.decode([0], vocabulary) == "\u{FFFD}")
        #expect(try cl100k.decode([2, 3, 5], vocabulary) == "\u{FFFD}\u{FFFD}w5")
    }

    private static func octetFingerprint(_ vocabulary: Vocabulary) throws -> UInt64 {
        var hash = ByteTable.Hash()
        for id in 0..<CL100K.count {
            var octets: [UInt8] = []
            try #require(vocabulary.appendOctets(of: id, to: &octets))
            for octet in octets { hash.combine(octet) }
            hash.combine(0xFF)
        }
        return hash.value
    }

    @Test("other tokenizers say that they cannot", arguments: ["tiny-nano", "tiny-small"])
    func unavailable(name: String) throws {
        let tokenizer = try Tokenizer(file: Fixtures.path("tokenizers/\(name).json"))
        #expect(!tokenizer.decodesCL100K)
        #expect(throws: CL100KError.unavailable) { try tokenizer.decodeCL100K([1]) }
    }
}
