import Glibc
import InferenceCore
import JSONCore
import Testing

/// One line of a golden file: what the reference library makes of a text.
struct TokenizerGolden {
    let text: String
    let ids: [Int32]

    /// The goldens of `Tests/Fixtures/tokenizers/<name>.jsonl`, written by scripts/goldens/tokenization.py.
    static func load(_ name: String) throws -> [TokenizerGolden] {
        try Fixtures.bytes("tokenizers/\(name).jsonl").split(separator: UInt8(ascii: "\n")).map { line in
            let record = try JSONParser.parse(Array(line))
            return TokenizerGolden(
                text: try #require(record["text"]?.string),
                ids: try #require(record["ids"]?.array).map { Int32(try #require($0.integer)) }
            )
        }
    }

    /// Expects `tokenizer` to give the same ids for every text; says which text fails first.
    static func expectEqual(_ goldens: [TokenizerGolden], _ tokenizer: Tokenizer) {
        let wrong = goldens.filter { tokenizer.encode($0.text).ids != $0.ids }
        #expect(wrong.isEmpty, "\(wrong.count) of \(goldens.count) differ")
        if let first = wrong.first {
            #expect(tokenizer.encode(first.text).ids == first.ids, "\(first.text.debugDescription)")
        }
    }
}

/// Files in `Tests/Fixtures`.
enum Fixtures {
    static func path(_ name: String, file: String = #filePath) -> String {
        let tests = file.split(separator: "/", omittingEmptySubsequences: false).prefix { $0 != "InferenceCoreTests" }
        return tests.joined(separator: "/") + "/Fixtures/" + name
    }

    static func bytes(_ name: String) throws -> [UInt8] {
        let file = try #require(fopen(path(name), "rb"), "\(path(name)) cannot be opened")
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return bytes
    }
}
