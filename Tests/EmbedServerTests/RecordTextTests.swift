import JSONCore
import Testing

@testable import EmbedServer

@Suite("Texts of records")
struct RecordTextTests {
    private func record(_ text: String, index: Int = 1) -> Record {
        Record(index: index, line: 7, octets: Array(text.utf8), end: RecordReader.Position())
    }

    private struct Named: Equatable {
        let text: String
        let id: JSONValue?
    }

    private func parse(_ text: RecordText, _ octets: String) throws(LineError) -> Named {
        let parsed = text.parse(record(octets))
        return Named(text: try parsed.text.get(), id: parsed.id)
    }

    @Test(
        "rows are cut at commas outside of quotes",
        arguments: [
            ("a,b", ["a", "b"]), ("", [""]), (",", ["", ""]), (#""a,""b""#, [#"a,"b"#]),
            ("\"a\nb\",c\r", ["a\nb", "c"]), (#"a"b,"c"d"#, [#"a"b"#, "cd"]), (#""""#, [""]), (#""""""#, ["\""]),
        ]
    )
    func rows(octets: String, fields: [String]) {
        #expect(CSVRow.fields(Array(octets.utf8)).map { String(decoding: $0, as: UTF8.self) } == fields)
    }

    @Test("JSON: a string, or members by name")
    func json() throws {
        let standard = RecordText(.jsonl, .init())
        #expect(try parse(standard, #""a""#) == .init(text: "a", id: nil))
        #expect(try parse(standard, #"{"text":"a","id":null}"#) == .init(text: "a", id: nil))
        #expect(try parse(standard, #"{"text":"a","id":5}"#) == .init(text: "a", id: .integer(5)))
        let named = RecordText(.jsonl, .init(text: "body", id: "key"))
        #expect(try parse(named, #"{"body":"a","key":"k","id":1}"#) == .init(text: "a", id: .string("k")))
        #expect(throws: LineError(number: 7, reason: #"expected an id in "key""#)) { try parse(named, #"{"body":""}"#) }
        #expect(throws: LineError(number: 7, reason: #"expected a JSON string or {"text": "…"}"#)) {
            try parse(standard, #"{"text":5}"#)
        }
        // A number of more than 64 bits would not be the same number in the output.
        #expect(throws: LineError.self) { try parse(standard, #"{"text":"a","id":12345678901234567890}"#) }
        #expect(throws: LineError.self) { try parse(standard, "a") }
    }

    @Test("CSV: columns by name, behind a byte order mark")
    func csv() throws {
        let text = try RecordText(header: record("\u{FEFF}text,id,body\r", index: 0), .init())
        #expect(try parse(text, "a,5,b\r") == .init(text: "a", id: .string("5")))
        #expect(throws: LineError(number: 7, reason: "expected at least 2 columns, found 1")) { try parse(text, "a") }
        let named = try RecordText(header: record("text,id,body", index: 0), .init(text: "body", id: "text"))
        #expect(try parse(named, "a,5,b") == .init(text: "b", id: .string("a")))
        #expect(try parse(try RecordText(header: record("text"), .init()), "a") == .init(text: "a", id: nil))
        let missing = #expect(throws: LineError.self) { try RecordText(header: record("a,b"), .init()) }
        #expect(missing?.reason == "there is no column \"text\"; the columns are a, b")
        #expect(throws: LineError.self) { try RecordText(header: record("text"), .init(id: "key")) }
    }

    @Test("text: the line without its end")
    func text() throws {
        let text = RecordText(.text, .init())
        #expect(try parse(text, " a\r") == .init(text: " a", id: nil))
        #expect(text.parse(record("\u{FEFF}a", index: 0)).text == .success("a"))
        let broken = Record(index: 1, line: 7, octets: [0xC3], end: RecordReader.Position())
        #expect(text.parse(broken).text == .failure(LineError(number: 7, reason: "not UTF-8")))
    }

    @Test("NumPy's header has its length whatever the shape")
    func header() {
        let kinds: [(Int, OutputFormat.Numbers, String)] = [
            (0, .float, "<f4"), (.max, .ubinary, "|u1"), (5, .binary, "|i1"),
        ]
        for (rows, numbers, type) in kinds {
            let octets = NumPyHeader(rows: rows, columns: 1_024, numbers: numbers).octets
            #expect(octets.count == 128)
            #expect(octets[..<10] == [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, 118, 0])
            let literal = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(rows), 1024), }"
            #expect(String(decoding: octets[10...], as: UTF8.self).hasPrefix(literal))
            #expect(octets.last == 0x0A)
        }
    }
}
