import HTTPTypes
import Testing

@testable import HTTPCore

@Suite struct ResponseEncoderTests {
    private func lines(_ response: Response, _ persistence: ResponseEncoder.Persistence = .open) -> [String] {
        var encoder = ResponseEncoder()
        let framing: Answering.Framing =
            ResponseEncoder.mayHaveContent(response.status) ? .length(response.body.count) : .none
        let head = encoder.head(of: response, id: RequestID("id")!, framing: framing, persistence: persistence)
        return String(decoding: head, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false).map(
            String.init
        )
    }

    @Test func theServerSetsItsOwnFields() {
        let fields: HTTPFields = [.contentLength: "7", .connection: "x", .transferEncoding: "chunked", .server: "s"]
        let lines = lines(Response(status: .ok, fields: fields, body: [1, 2]))
        #expect(lines.first == "HTTP/1.1 200 OK")
        #expect(lines.filter { $0.hasPrefix("Content-Length") } == ["Content-Length: 2"])
        #expect(!lines.contains { $0.hasPrefix("Connection") || $0.hasPrefix("Transfer-Encoding") })
        #expect(lines.contains("Server: s") && lines.contains("x-request-id: id"))
        #expect(lines.contains("X-Content-Type-Options: nosniff"))
        #expect(lines.suffix(2) == ["", ""])
    }

    @Test func statusesWithoutContentHaveNoLength() {
        for status: HTTPResponse.Status in [.noContent, .notModified] {
            #expect(!lines(Response(status: status)).contains { $0.hasPrefix("Content-Length") })
        }
    }

    @Test func datesAreFixed() throws {
        let date = try #require(lines(Response(status: .ok)).first { $0.hasPrefix("Date: ") })
        #expect(date.contains(/^Date: (Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} 20\d\d \d\d:\d\d:\d\d GMT$/))
    }

    @Test func persistenceIsSaid() {
        #expect(lines(Response(status: .ok), .close).contains("Connection: close"))
        #expect(lines(Response(status: .ok), .keepAlive).contains("Connection: keep-alive"))
    }

    @Test func requestIDs() {
        let id = RequestID()
        #expect(id.rawValue.utf8.count == 32 && id.rawValue.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) })
        #expect(id != RequestID())
        #expect(RequestID("") == nil && RequestID("a b") == nil && RequestID("é") == nil)
        #expect(RequestID(String(repeating: "a", count: 128)) != nil)
        #expect(RequestID(String(repeating: "a", count: 129)) == nil)
    }

    @Test func errorsAreJSON() {
        let response = HTTPError.defaultResponse(to: .notFound(path: #"/"\"#), of: RefusedRequest(id: RequestID()))
        #expect(
            String(decoding: response.body, as: UTF8.self)
                == #"{"error":{"message":"There is nothing at /\"\\.","code":404}}"#
        )
        #expect(response.fields[.contentType] == "application/json")
    }
}
