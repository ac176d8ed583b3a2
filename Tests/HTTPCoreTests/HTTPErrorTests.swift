import HTTPTypes
import Testing

@testable import HTTPCore

@Suite("HTTP errors")
struct HTTPErrorTests {
    @Test("a message repeats an excerpt of what a client sent, cut between scalars")
    func excerpts() throws {
        let long = String(repeating: "é€", count: 4_000)
        let method = try #require(HTTPRequest.Method(String(repeating: "X", count: 8_000)))
        for error in [
            HTTPError.notFound(path: "/" + long), .notImplemented(what: "the method \(method.rawValue)"),
            .methodNotAllowed(method: method, allowed: [.get]),
        ] {
            #expect((100...200).contains(error.message.utf8.count), "\(error.message)")
            #expect(!error.message.contains("\u{FFFD}"))
        }
        #expect(HTTPError.notFound(path: "/short").message == "There is nothing at /short.")
        #expect(String(repeating: "x", count: 128).excerpt.utf8.count == 128)
        #expect(String(repeating: "x", count: 129).excerpt == String(repeating: "x", count: 128) + "…")
    }
}
