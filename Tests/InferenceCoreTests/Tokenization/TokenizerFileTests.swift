import Glibc
import InferenceCore
import Testing

/// What a broken or foreign `tokenizer.json` says about itself.
@Suite("tokenizer.json")
struct TokenizerFileTests {
    /// A complete file; the tests break one thing each.
    private static func file(
        normalizer: String = "null",
        preTokenizer: String = #"{"type":"BertPreTokenizer"}"#,
        postProcessor: String = "null",
        added: String = "[]",
        model: String = wordPiece()
    ) -> String {
        """
        {"version":"1.0","truncation":{"max_length":1},"padding":null,"added_tokens":\(added),
        "normalizer":\(normalizer),"pre_tokenizer":\(preTokenizer),"post_processor":\(postProcessor),
        "decoder":null,"model":\(model)}
        """
    }

    private static func wordPiece(vocab: String = ###"{"[UNK]":0,"a":1,"##b":2}"###, unknown: String = "[UNK]")
        -> String
    {
        """
        {"type":"WordPiece","unk_token":"\(unknown)","continuing_subword_prefix":"##",
        "max_input_chars_per_word":100,"vocab":\(vocab)}
        """
    }

    private static let split = #"""
        {"type":"Sequence","pretokenizers":[{"type":"Split","behavior":"Isolated","invert":false,"pattern":{"Regex":
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
        }},{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":false,"use_regex":false}]}
        """#

    /// All octets in the byte-level alphabet, and "ab".
    private static func bytePair(merges: String, octets: Range<Int> = 0..<256, options: String = "") -> String {
        let printable = Array(0x21...0x7E) + Array(0xA1...0xAC) + Array(0xAE...0xFF)
        let letters = printable + Array(0x100..<0x144)
        let vocab = letters[octets].enumerated().map { i, letter in
            let text =
                letter == 0x22 || letter == 0x5C
                ? "\\" + String(UnicodeScalar(UInt8(letter))) : String(UnicodeScalar(letter)!)
            return "\"\(text)\":\(i)"
        }
        return """
            {"type":"BPE","dropout":null,"unk_token":null\(options),
            "vocab":{\(vocab.joined(separator: ",")),"ab":256},"merges":\(merges)}
            """
    }

    private func load(_ text: String) throws -> Tokenizer {
        var path = Array("/tmp/tokenizer-XXXXXX".utf8CString)
        let descriptor = mkstemp(&path)
        try #require(descriptor >= 0)
        defer {
            close(descriptor)
            unlink(path)
        }
        let bytes = Array(text.utf8)
        try #require(write(descriptor, bytes, bytes.count) == bytes.count)
        return try Tokenizer(file: path.withUnsafeBufferPointer { String(cString: $0.baseAddress!) })
    }

    private func expectFault(_ reason: String, _ text: String) {
        let error = #expect(throws: CheckpointError.self) { try load(text) }
        #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "no error")")
        #expect(error?.file.hasPrefix("/tmp/tokenizer-") == true)
    }

    @Test("a complete file is read, its own truncation ignored")
    func complete() throws {
        #expect(try load(Self.file()).encode("ab abb a ba").ids == [1, 2, 1, 2, 2, 1, 0])
        let merges = try load(Self.file(preTokenizer: Self.split, model: Self.bytePair(merges: #"[["a","b"]]"#)))
        #expect(merges.encode("ab").ids == [256])
        let old = try load(Self.file(preTokenizer: Self.split, model: Self.bytePair(merges: #"["a b"]"#)))
        #expect(old.encode("abab").ids == [256, 256])
    }

    @Test("an added token that lies across the end of what a limit lets be read is found whole")
    func tokenAcrossExcerpt() throws {
        let added = #"[{"id":3,"content":"<x>","normalized":false},{"id":4,"content":"<x><x>yy","normalized":false}]"#
        let tokenizer = try load(Self.file(added: added))
        for padding in 1_000..<1_060 {
            let text = "a a" + String(repeating: " ", count: padding) + "<x><x>yy" + String(repeating: " a", count: 100)
            #expect(tokenizer.encode(text, limit: 3).ids == [1, 1, 4], "\(padding)")
        }
    }

    @Test("a missing file is named")
    func missing() {
        let error = #expect(throws: CheckpointError.self) { try Tokenizer(file: "/nowhere/tokenizer.json") }
        #expect(error?.description == "/nowhere/tokenizer.json: cannot be opened: No such file or directory")
    }

    @Test("broken JSON is an error", arguments: ["", "{", "[]", #"{"model":{"vocab":{"a":1}"#, #"{"model":1}x"#])
    func brokenJSON(text: String) {
        expectFault("not valid JSON", text)
    }

    @Test(
        "every fault names its place",
        arguments: [
            Fault("model: is missing", #"{"pre_tokenizer":{"type":"BertPreTokenizer"}}"#),
            Fault("model: expected an object", #"{"model":[]}"#),
            Fault("extra: this member is not supported", #"{"extra":1,"model":{}}"#),
            Fault("model.type: is missing", file(model: "{}")),
            Fault("model.type: the model \"Unigram\" is not supported", file(model: #"{"type":"Unigram","vocab":[]}"#)),
            Fault(
                "model.vocab: is missing",
                file(
                    model: #"{"type":"WordPiece","unk_token":"a","continuing_subword_prefix":"#
                        + #""","max_input_chars_per_word":1}"#
                )
            ),
            Fault("model.vocab: expected an object", file(model: wordPiece(vocab: "[]"))),
            Fault("model.vocab: expected a whole number", file(model: wordPiece(vocab: #"{"a":"b"}"#))),
            Fault("model.vocab.a: token id -1 is out of range", file(model: wordPiece(vocab: #"{"a":-1}"#))),
            Fault(
                "model.vocab.a: token id 4000000000 is out of range",
                file(model: wordPiece(vocab: #"{"a":4000000000}"#))
            ),
            Fault("model.vocab.a: occurs twice", file(model: wordPiece(vocab: #"{"a":1,"a":2}"#))),
            Fault("model.unk_token: is not in the vocabulary", file(model: wordPiece(unknown: "[unk]"))),
            Fault("normalizer.type: the normalizer \"NFKC\" is not supported", file(normalizer: #"{"type":"NFKC"}"#)),
            Fault(
                "normalizer.strip_accents: expected true or false",
                file(
                    normalizer:
                        #"{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":1,"#
                        + #""lowercase":true}"#
                )
            ),
            Fault("pre_tokenizer: is missing", file(preTokenizer: "null")),
            Fault(
                "pre_tokenizer.type: the pre-tokenizer \"Whitespace\"",
                file(preTokenizer: #"{"type":"Whitespace"}"#)
            ),
            Fault(
                "pre_tokenizer.pretokenizers: expected Split, then ByteLevel",
                file(
                    preTokenizer: #"{"type":"Sequence","pretokenizers":[{"type":"ByteLevel"}]}"#
                )
            ),
            Fault(
                "pre_tokenizer.pretokenizers[0].pattern.Regex: this regular expression",
                file(
                    preTokenizer: split.replacing("p{N}|", with: "p{N}{1,9}|")
                )
            ),
            Fault(
                "pre_tokenizer.pretokenizers[1].use_regex: true is not supported",
                file(
                    preTokenizer: split.replacing("use_regex\":false", with: "use_regex\":true")
                )
            ),
            Fault(
                "post_processor.type: the post-processor \"RobertaProcessing\"",
                file(
                    postProcessor: #"{"type":"RobertaProcessing"}"#
                )
            ),
            Fault(
                "post_processor.single: has no sequence A",
                file(
                    postProcessor: #"{"type":"TemplateProcessing","single":[],"special_tokens":{}}"#
                )
            ),
            Fault(
                "post_processor.special_tokens.[X]: is missing",
                file(
                    postProcessor:
                        #"{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"[X]"}}],"special_tokens":{}}"#
                )
            ),
            Fault(
                "post_processor.special_tokens.[X].ids[0]: token id 9 is not in the vocabulary",
                file(
                    postProcessor: #"{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"[X]"}}],"#
                        + #""special_tokens":{"[X]":{"ids":[9]}}}"#
                )
            ),
            Fault(
                "added_tokens[0].content: expected a string",
                file(
                    added: #"[{"id":3,"content":1,"normalized":false}]"#
                )
            ),
            Fault("added_tokens[0]: token id 1 is \"a\"", file(added: #"[{"id":1,"content":"x","normalized":false}]"#)),
            Fault(
                "added_tokens[0].id: token id 99999999 is out of range",
                file(
                    added: #"[{"id":99999999,"content":"x","normalized":false}]"#
                )
            ),
            Fault(
                "model.merges: is missing",
                file(preTokenizer: split, model: bytePair(merges: "[]").replacing("merges", with: "m"))
                    .replacing(#","m":[]"#, with: "")
            ),
            Fault(
                "model.merges[1]: \"zz\" is not in the vocabulary",
                file(
                    preTokenizer: split,
                    model: bytePair(merges: #"[["a","b"],["zz","b"]]"#)
                )
            ),
            Fault(
                "model.merges[0]: what it makes is not in the vocabulary",
                file(
                    preTokenizer: split,
                    model: bytePair(merges: #"[["b","a"]]"#)
                )
            ),
            Fault(
                "model.merges[0]: expected two tokens",
                file(preTokenizer: split, model: bytePair(merges: #"[["a"]]"#))
            ),
            Fault(
                "model.merges[0]: expected two tokens",
                file(preTokenizer: split, model: bytePair(merges: #"["ab"]"#))
            ),
            Fault("model.merges: expected a string", file(preTokenizer: split, model: bytePair(merges: "[[1,2]]"))),
            Fault(
                "model.vocab: has no token for the octet",
                file(
                    preTokenizer: split,
                    model: bytePair(merges: "[]", octets: 0..<200)
                )
            ),
            Fault(
                "model.end_of_word_suffix: is not supported",
                file(
                    preTokenizer: split,
                    model: bytePair(merges: "[]", options: #","end_of_word_suffix":"</w>""#)
                )
            ),
            Fault(
                "model.dropout: dropout is not supported",
                file(
                    preTokenizer: split,
                    model: bytePair(merges: "[]", options: "").replacing("dropout\":null", with: "dropout\":0.1")
                )
            ),
            Fault("model: byte pair encoding needs a ByteLevel pre-tokenizer", file(model: bytePair(merges: "[]"))),
            Fault("model: WordPiece needs the BertPreTokenizer", file(preTokenizer: split)),
        ]
    )
    func faults(fault: Fault) {
        expectFault(fault.reason, fault.text)
    }

    /// A file and what is said about it.
    struct Fault: CustomTestStringConvertible {
        let reason: String
        let text: String

        init(_ reason: String, _ text: String) {
            self.reason = reason
            self.text = text
        }

        var testDescription: String { reason }
    }
}
