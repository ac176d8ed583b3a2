import JSONCore
import Testing

@Suite struct JSONParserTests {
    private func parse(_ text: String) throws -> JSONValue { try JSONParser.parse(Array(text.utf8)) }

    @Test("reads every kind of value")
    func kinds() throws {
        let value = try parse(#" {"a":[1,-2.5,1e3,true,false,null],"b":{"c":"x"},"d":""} "#)
        #expect(value["a"] == .array([.integer(1), .double(-2.5), .double(1000), .bool(true), .bool(false), .null]))
        #expect(value["b"]?["c"]?.string == "x")
        #expect(value["d"]?.string == "")
    }

    @Test("the last of two equal names counts")
    func duplicates() throws {
        #expect(try parse(#"{"a":1,"a":2}"#)["a"]?.integer == 2)
    }

    @Test(
        "a lone surrogate becomes U+FFFD, a pair one scalar",
        arguments: [
            (#""\ud800""#, "\u{FFFD}"), (#""\udc00x""#, "\u{FFFD}x"), (#""\ud83d\ude00""#, "😀"),
            (#""\ud800\ud83d\ude00""#, "\u{FFFD}😀"), (#""\ud800\n""#, "\u{FFFD}\n"), (#""\ud800\u0041""#, "\u{FFFD}A"),
            (#""a\u0000b""#, "a\u{0}b"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
        ]
    )
    func escapes(text: String, expected: String) throws {
        let value = try #require(try parse(text).string)
        #expect(Array(value.unicodeScalars) == Array(expected.unicodeScalars))
    }

    @Test("counts values, containers and all, and stops at the limit")
    func maximumValues() throws {
        let document = Array(#"[1,[],{"a":"b"}]"#.utf8)
        #expect(try JSONParser.parse(document, maximumValues: 5).array?.count == 3)
        let error = #expect(throws: JSONError.self) { try JSONParser.parse(document, maximumValues: 4) }
        #expect(error?.kind == .tooManyValues)
        #expect(error?.description == "more than 4 values at byte 11")
    }

    @Test("a byte order mark in front is skipped")
    func byteOrderMark() throws {
        #expect(try JSONParser.parse([0xEF, 0xBB, 0xBF, 0x31]) == .integer(1))
    }

    @Test(
        "refuses what the grammar refuses",
        arguments: [
            "", " ", "{", "[", "[1", "[1,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "01", "-", "1.", ".5", "1e",
            "+1",
            "tru", "nul", "\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\u{1}\"", "\"a\nb\"", "1 2", "[1]x",
            "'a'",
            "NaN", "Infinity", "{\"a\":1 \"b\":2}", "[1 2]", "\u{FEFF}\u{FEFF}1",
        ]
    )
    func refuses(text: String) {
        #expect(throws: JSONError.self) { try parse(text) }
    }

    @Test(
        "octets that are not UTF-8 are told apart from bad syntax",
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0x5C, 0x6E, 0xC3, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
        ] as [[UInt8]]
    )
    func invalidUTF8(bytes: [UInt8]) {
        let error = #expect(throws: JSONError.self) { try JSONParser.parse(bytes) }
        #expect(error?.kind == .invalidUTF8)
    }

    @Test("deep nesting is an error and not a crash")
    func depth() {
        let error = #expect(throws: JSONError.self) { try parse(String(repeating: "[", count: 1_000_000)) }
        #expect(error?.kind == .tooDeep)
    }

    @Test("whole numbers are told from fractions")
    func numbers() throws {
        #expect(try parse("512.0").integer == 512)
        #expect(try parse("512.5").integer == nil)
        #expect(try parse("\"512\"").integer == nil)
        #expect(try parse("9223372036854775807").integer == .max)
        #expect(try parse("9223372036854775808") == .double(9223372036854775808))
    }
}

@Suite struct JSONWriterTests {
    @Test("writes what the parser reads")
    func roundTrip() throws {
        let text = #"{"a":[1,-2.5,true,null,"x\"\\\n\u0001é😀"],"b":{},"c":[]}"#
        var writer = JSONWriter()
        writer.value(try JSONParser.parse(Array(text.utf8)))
        #expect(String(decoding: writer.bytes, as: UTF8.self) == text)
    }

    @Test("floats are the shortest that read back equal")
    func floats() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let float = Float(bitPattern: UInt32.random(in: .min ... .max, using: &generator))
            guard float.isFinite else { continue }
            var writer = JSONWriter()
            writer.value(float)
            let text = String(decoding: writer.bytes, as: UTF8.self)
            #expect(Float(text) == float)
            #expect(try JSONParser.parse(writer.bytes).double != nil, "\(text) is not JSON")
        }
    }

    @Test("what is written in pieces is what is written at once, wherever it is taken")
    func pieces() {
        let steps: [(inout JSONWriter) -> Void] = [
            { $0.beginObject() }, { $0.key("a") }, { $0.beginArray() }, { $0.value(1) }, { $0.beginArray() },
            { $0.endArray() }, { $0.value("x\n") }, { $0.beginObject() }, { $0.endObject() }, { $0.null() },
            { $0.endArray() }, { $0.key("b") }, { $0.value(true) }, { $0.endObject() },
        ]
        for mask in 0..<1 << steps.count {
            var writer = JSONWriter()
            var text: [UInt8] = []
            for (index, step) in steps.enumerated() {
                step(&writer)
                if mask >> index & 1 == 1 { text += writer.takeBytes() }
            }
            text += writer.takeBytes()
            #expect(writer.bytes.isEmpty)
            #expect(String(decoding: text, as: UTF8.self) == #"{"a":[1,[],"x\n",{},null],"b":true}"#)
        }
    }
}
