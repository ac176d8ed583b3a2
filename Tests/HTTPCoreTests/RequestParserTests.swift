import HTTPTypes
import Testing

@testable import HTTPCore

@Suite struct RequestParserTests {
    private func trace(_ text: String) -> ParserTrace { ParserTrace(whole: Array(text.utf8)) }

    @Test func headIsTakenApart() throws {
        let head = try #require(trace("GET /a%2Fb?c=d?e HTTP/1.1\r\nHost: h:1\r\nX-A:  b \r\n\r\n").heads.first)
        #expect(head.method == .get)
        #expect(head.target.path == "/a%2Fb")
        #expect(head.target.query == "c=d?e")
        #expect(head.authority == "h:1")
        #expect(head.fields == [HTTPField.Name("X-A")!: "b"])
        #expect(head.keepsAlive && !head.isHTTP10)
    }

    @Test func absoluteFormReplacesHost() throws {
        let head = try #require(trace("GET HTTP://real.example?q HTTP/1.1\r\nHost: other\r\n\r\n").heads.first)
        #expect(head.authority == "real.example")
        #expect(head.target.path == "/")
        #expect(head.target.query == "q")
        let options = try #require(trace("OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n").heads.first)
        #expect(options.target.path == "*")
    }

    @Test func trailersArriveWithoutThoseThatMayNotBeThere() throws {
        let text =
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "3\r\nabc\r\n0\r\nX-Sum: 7\r\nContent-Length: 9\r\nHost: evil\r\n\r\n"
        guard case .end(let body, let trailers) = trace(text).events.last else {
            Issue.record("no end of body")
            return
        }
        #expect(body == Array("abc".utf8))
        #expect(trailers == [HTTPField.Name("X-Sum")!: "7"])
    }

    @Test func limitsAreJudgedAsSoonAsTheyAreCrossed() {
        let line = "GET /" + String(repeating: "a", count: 8188)
        #expect(trace(line).error == .uriTooLong(limit: 8192))
        let fields = "GET / HTTP/1.1\r\n" + String(repeating: "A: b\r\n", count: 100)
        #expect(trace(fields).error == nil)
        #expect(trace(fields + "A").error == .fieldsTooLarge)
        let value = "GET / HTTP/1.1\r\nHost: a\r\nX: "
        #expect(trace(value + String(repeating: "v", count: 32 * 1024 - 12)).error == nil)
        #expect(trace(value + String(repeating: "v", count: 32 * 1024 - 11)).error == .fieldsTooLarge)
    }

    @Test func bodiesAreRefusedFromTheirLengthAlone() {
        let head = "POST / HTTP/1.1\r\nHost: a\r\n"
        #expect(trace(head + "Content-Length: 1000001\r\n\r\n").error == .contentTooLarge(limit: 1_000_000))
        #expect(trace(head + "Transfer-Encoding: chunked\r\n\r\nf4241\r\n").error == .contentTooLarge(limit: 1_000_000))
        #expect(trace(head + "Content-Length: 1000000\r\n\r\n").error == nil)
    }

    @Test(
        "connection persistence",
        arguments: [
            ("HTTP/1.1", "", true), ("HTTP/1.1", "close", false), ("HTTP/1.1", "keep-alive, Close", false),
            ("HTTP/1.0", "", false), ("HTTP/1.0", "Keep-Alive", true), ("HTTP/1.0", "keep-alive, close", false),
            ("HTTP/1.1", "closed", true), ("HTTP/1.9", "", true),
        ]
    )
    func persistence(_ version: String, _ connection: String, _ keepsAlive: Bool) {
        let head = trace("GET / \(version)\r\nHost: a\r\nConnection: \(connection)\r\n\r\n").heads.first
        #expect(head?.keepsAlive == keepsAlive)
    }

    @Test(
        "hosts that are valid",
        arguments: [
            "a", "a:", "a:80", "A.b-c_d~e", "%41", "1.2.3.4", "1.2.3.4.5", "a.", "[::]", "[::1]:8", "[1:2:3:4:5:6:7:8]",
            "[1::8]", "[::ffff:1.2.3.4]", "[1:2:3:4:5:6:1.2.3.4]", "[v1.a:b]", "a!$&'()*+;=b", "a:65535", "a:00080",
        ]
    )
    func validHost(_ host: String) {
        #expect(Authority.isValid(Array(host.utf8)))
    }

    @Test(
        "hosts that are not",
        arguments: [
            "", ":80", "a:b", "a:1:2", "a:65536", "a:-1", "a b", "a/b", "a?b", "a#b", "a@b", "a\\b", "%4", "%zz", "a,b",
            "[", "[]",
            "[::1", "::1", "[::1]x", "x[::1]", "[1:2:3:4:5:6:7]", "[1:2:3:4:5:6:7:8:9]", "[1::2::3]", "[:1]", "[1:]",
            "[::1:]",
            "[12345::]", "[::g]", "[::1.2.3]", "[::1.2.3.256]", "[::01.2.3.4]", "[1.2.3.4]", "[::1.2.3.4:1]", "[v.a]",
            "[v1.]",
            "[vg.a]", "[fe80::1%25eth0]", "[1:2:3:4:5:6:7:1.2.3.4]", "[1::2:3:4:5:6:7:8]", "a\u{80}",
        ]
    )
    func invalidHost(_ host: String) {
        #expect(!Authority.isValid(Array(host.utf8)))
    }

    @Test(
        "chunk extensions",
        arguments: [
            ("5", true), ("5;a", true), ("5;a=b", true), ("5 ; a = b", true), ("5\t;\ta", true),
            ("5;a=\"b c\\\"\";d", true),
            ("5;a=\"\"", true), ("0000000000000000000000005", true), ("5;a ;b", true), ("5;a=b ;c", true),
            ("5;a=\"\" ;b", true),
            ("5 ", false), ("5;", false), ("5;a=", false), ("5;=b", false), ("5;a b", false), ("5;a=\"b", false),
            ("5;a=\"b\"c", false), ("5;a;;b", false), ("5;a=b ", false), ("5;\"a\"", false), ("5 a", false),
            ("5,a", false),
        ]
    )
    func chunkExtensions(_ line: String, _ isValid: Bool) {
        let text = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(line)\r\nhello\r\n0\r\n\r\n"
        #expect(trace(text).bodies == (isValid ? [Array("hello".utf8)] : []))
        #expect((trace(text).error == nil) == isValid)
    }
}
