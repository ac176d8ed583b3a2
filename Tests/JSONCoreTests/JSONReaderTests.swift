import JSONCore
import Testing

@Suite struct JSONReaderTests {
    private func read<Result>(
        _ text: String,
        _ body: (inout JSONReader) throws -> Result
    ) rethrows -> Result {
        var text = text
        return try text.withUTF8 { bytes in
            var reader = JSONReader(bytes)
            return try body(&reader)
        }
    }

    @Test("walks objects and arrays")
    func walk() throws {
        let text = #" { "a" : [ 1 , 2 ,3 ] , "b\n" : { } , "c" : [] , "d" : { "e" : null } } "#
        var names: [String] = []
        var numbers: [Int] = []
        try read(text) { reader in
            try reader.enterObject()
            while let name = try reader.nextName({ String(decoding: $0, as: UTF8.self) }) {
                names.append(name)
                switch name {
                case "a", "c":
                    try reader.enterArray()
                    while try reader.nextItem() { numbers.append(try reader.integer()) }
                case "b\n":
                    #expect(reader.isAtObject)
                    try reader.enterObject()
                    #expect(try reader.nextName { _ in } == nil)
                default:
                    #expect(try reader.value()["e"] == .null)
                }
            }
            try reader.end()
        }
        #expect(names == ["a", "b\n", "c", "d"])
        #expect(numbers == [1, 2, 3])
    }

    @Test(
        "steps over values, and reads them later",
        arguments: [
            #"{"x":[{"y":"]}\"\\"},[]]}"#, "[]", "[[1],[2]]", "12", #""a\"b""#, "null",
        ]
    )
    func skip(text: String) throws {
        let (range, after) = try read("[ \(text) , 7]") { reader in
            try reader.enterArray()
            _ = try reader.nextItem()
            let range = try reader.skip()
            _ = try reader.nextItem()
            return (range, try reader.integer())
        }
        #expect(after == 7)
        var document = "[ \(text) , 7]"
        let value = try document.withUTF8 { bytes in
            var reader = JSONReader(bytes, at: range.lowerBound)
            return try reader.value()
        }
        #expect(try value == JSONParser.parse(Array(text.utf8)))
    }

    @Test("resolves escapes")
    func escapes() throws {
        let text = try read(#""a\u00e9\ud83d\ude00\n""#) { try $0.withString { String(decoding: $0, as: UTF8.self) } }
        #expect(text == "aé😀\n")
    }

    @Test(
        "refuses what was not asked for",
        arguments: ["", "{", "[1,]", "[1 2]", "[\"1\"]", "[1.5]", "[1", "1", "[,1]"]
    )
    func refuses(text: String) {
        #expect(throws: JSONError.self) {
            try read(text) { reader in
                try reader.enterArray()
                while try reader.nextItem() { _ = try reader.integer() }
                try reader.end()
            }
        }
    }

    @Test(
        "refuses strings that are broken",
        arguments: ["\"", "\"\\", "\"\\x\"", "\"a\nb\"", "\"\\n\n\"", "\"\\n", "1"]
    )
    func refusesString(text: String) {
        #expect(throws: JSONError.self) { try read(text) { try $0.withString { _ in } } }
    }

    @Test("an unclosed value cannot be stepped over", arguments: ["[", "{\"a\":[1,2}", "[\"]", "\"abc"])
    func refusesSkip(text: String) {
        #expect(throws: JSONError.self) { try read(text) { try $0.skip() } }
    }
}
