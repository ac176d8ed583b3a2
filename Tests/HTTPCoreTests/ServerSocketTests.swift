import Foundation
import HTTPCore
import HTTPTypes
import Synchronization
import Testing

/// The server over loopback sockets, with timeouts that are short by configuration; no test measures time.
@Suite(.serialized, .timeLimit(.minutes(1))) struct ServerSocketTests {
    static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    // MARK: - Answers

    @Test func answersKeepTheConnection() async throws {
        let server = try await TestServer.start()
        try await server.client { port in
            let client = TestClient(port: port)
            for number in 0..<100 {
                client.send("POST / HTTP/1.1\r\nHost: a\r\nx-request-id: r\(number)\r\nContent-Length: 2\r\n\r\nhi")
                let answer = try #require(client.answer())
                #expect(answer.status == 200 && answer.text == "hi")
                #expect(answer.fields["x-request-id"] == "r\(number)")
                #expect(answer.fields["date"] != nil && answer.fields["connection"] == nil)
            }
        }
        #expect(server.server.statistics.connectionsAccepted == 1)
        #expect(server.server.statistics.requests == 100)
        await server.stop()
    }

    @Test func errorsAndMethods() async throws {
        let records = Mutex<[ResponseRecord]>([])
        let server = try await TestServer.start(
            [Route([.post], "/long", requiresLength: true) { _ in Response(status: .ok) }],
            onResponse: { record in records.withLock { $0.append(record) } }
        )
        try await server.client { port in
            let client = TestClient(port: port)
            func ask(_ line: String, _ fields: String = "", toHead: Bool = false) throws -> TestClient.Answer {
                client.send("\(line) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n")
                return try #require(client.answer(toHead: toHead))
            }
            let missing = try ask("GET /none")
            #expect(missing.status == 404)
            #expect(missing.text == #"{"error":{"message":"There is nothing at /none.","code":404}}"#)
            #expect(missing.fields["content-type"] == "application/json")
            #expect(missing.fields["x-error-path"] == "/none")
            let refused = try ask("DELETE /")
            #expect(refused.status == 405 && refused.fields["allow"] == "GET, POST, HEAD, OPTIONS")
            let options = try ask("OPTIONS /")
            #expect(options.status == 204 && options.fields["allow"] == "GET, POST, HEAD, OPTIONS")
            #expect(options.fields["content-length"] == nil)
            #expect(try ask("OPTIONS *").status == 204)
            let head = try ask("HEAD /", "Content-Length: 0\r\n", toHead: true)
            #expect(head.status == 200 && head.fields["content-length"] == "0")
            #expect(try ask("POST /long").status == 411)
            #expect(try ask("BREW /").status == 501)
            // A small body of a refused request is read off, and the connection goes on.
            client.send("POST /none HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
            #expect(client.answer()?.status == 404)
            #expect(try ask("GET /").status == 200)
            let malformed = try ask("GET nowhere", "x-request-id: mine\r\n")
            #expect(malformed.status == 400 && malformed.fields["connection"] == "close")
            #expect(malformed.fields["x-error-id"] == malformed.fields["x-request-id"])
            #expect(client.seesEnd())
        }
        #expect(records.withLock { $0.map(\.status.code) } == [404, 405, 204, 204, 200, 411, 501, 404, 200, 400])
        #expect(records.withLock { $0.map(\.route).suffix(2) } == ["/", nil])
        #expect(server.server.statistics.errors == 6)
        await server.stop()
    }

    @Test func http10ClosesUnlessAskedNotTo() async throws {
        let server = try await TestServer.start()
        try await server.client { port in
            let client = TestClient(port: port)
            client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            #expect(client.answer()?.fields["connection"] == "keep-alive")
            client.send("GET / HTTP/1.0\r\n\r\n")
            #expect(client.answer()?.fields["connection"] == "close")
            #expect(client.seesEnd())
        }
        await server.stop()
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
        let slowFirst = Route([.get], "/{number}") { request in
            let number = Int(request.pathParameters["number"] ?? "") ?? 0
            try? await Task.sleep(for: .milliseconds(number.isMultiple(of: 7) ? 10 : 0))
            return Response(status: .ok, body: Array("\(number)".utf8))
        }
        // Fewer octets may be buffered than are sent, so reading has to pause and go on.
        let server = try await TestServer.start([slowFirst]) { $0.maximumBufferedBytes = 256 }
        try await server.client { port in
            let client = TestClient(port: port)
            let numbers = 1...200
            client.send(numbers.map { "GET /\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
            for number in numbers { #expect(client.answer()?.text == "\(number)") }
        }
        await server.stop()
    }

    @Test func largeBodiesBothWays() async throws {
        let server = try await TestServer.start { $0.maximumBodyBytes = 20_000_000 }
        try await server.client { port in
            let client = TestClient(port: port)
            let body = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\n\r\n")
            client.send(body)
            #expect(client.answer()?.body == body)
            client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            client.send(Array("4c4b40\r\n".utf8) + body + Array("\r\n0\r\n\r\n".utf8))
            #expect(client.answer()?.body == body)
        }
        await server.stop()
    }

    // MARK: - Expect

    @Test func continueComesOnlyWhenTheBodyIsWanted() async throws {
        let server = try await TestServer.start { $0.maximumBodyBytes = 10 }
        try await server.client { port in
            func head(_ path: String, _ length: Int, _ expect: String = "100-continue") -> String {
                "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\nExpect: \(expect)\r\n\r\n"
            }
            let client = TestClient(port: port)
            client.send(head("/", 5))
            #expect(client.answer()?.status == 100)
            client.send("hello")
            #expect(client.answer()?.text == "hello")
            client.send(head("/", 5) + "hello")
            #expect(client.answer()?.text == "hello")
            client.send(head("/", 11))
            #expect(client.answer()?.status == 413)
            #expect(client.seesEnd())
            let lost = TestClient(port: port)
            lost.send(head("/none", 5))
            #expect(lost.answer()?.status == 404)
            let odd = TestClient(port: port)
            odd.send(head("/", 5, "a-miracle"))
            #expect(odd.answer()?.status == 417)
        }
        await server.stop()
    }

    @Test func tooLargeIsReadableWhileTheClientStillSends() async throws {
        let server = try await TestServer.start { $0.maximumBodyBytes = 1000 }
        try await server.client { port in
            for _ in 0..<20 {
                let client = TestClient(port: port)
                client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n")
                client.send([UInt8](repeating: 0x78, count: 200_000))
                let answer = try #require(client.answer())
                #expect(answer.status == 413 && answer.fields["connection"] == "close")
            }
        }
        await server.stop()
    }
}
