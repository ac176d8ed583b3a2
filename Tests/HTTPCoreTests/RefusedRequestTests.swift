import Foundation
import HTTPCore
import HTTPTypes
import Testing

/// Requests that the router refuses: their bodies are judged and read off like any other.
@Suite(.serialized, .timeLimit(.minutes(1))) struct RefusedRequestTests {
    private static let read = Route([.get], "/") { _ in Response(status: .ok) }

    /// A server that takes no POST.
    private func start(_ configure: (inout ServerConfiguration) -> Void = { _ in }) async throws -> TestServer {
        try await TestServer.start(only: [Self.read], configure: configure)
    }

    @Test func theCorpusHoldsWhereEveryBodyIsRefused() async throws {
        let server = try await start()
        try await server.client { port in
            for example in ConformanceCase.all where example.wait != true {
                let seen = Self.statuses(of: example, from: TestClient(port: port))
                let first = seen.first ?? 0
                #expect(example.status.contains(first), "\(example.name): \(seen)")
                if example.expect == .reject {
                    if example.close == true { #expect(seen.count <= 1, "\(example.name): \(seen)") }
                } else if ![400, 413, 417].contains(first), let count = example.responses {
                    #expect(seen.count == count, "\(example.name): \(seen)")
                }
            }
        }
        await server.stop()
    }

    /// The statuses of all final answers to a case, until the server closes.
    static func statuses(of example: ConformanceCase, from client: TestClient) -> [Int] {
        client.send(example.raw.flatMap(\.octets))
        let wanted = example.expect == .reject ? 1 : example.responses ?? 1
        if example.eof == true { client.halfClose() }
        var statuses: [Int] = []
        while let answer = client.answer(toHead: statuses.isEmpty && example.raw.first?.octets.first == 0x48) {
            if answer.status < 200 { continue }
            statuses.append(answer.status)
            // What is still to come must not come: the end of the input draws it out.
            if statuses.count == wanted { client.halfClose() }
        }
        return statuses
    }

    @Test func bodiesUpToTheBoundKeepTheConnection() async throws {
        let server = try await start { $0.maximumDrainedBytes = 100_000 }
        try await server.client { port in
            let client = TestClient(port: port)
            let body = String(repeating: "x", count: 100_000)
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + body)
            #expect(client.answer()?.status == 405)
            client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n" + body)
            client.send("\r\n0\r\n\r\n")
            #expect(client.answer()?.status == 405)
            client.send("PUT /none HTTP/1.1\r\nHost: a\r\nContent-Length: 100001\r\n\r\n")
            let last = try #require(client.answer())
            #expect(last.status == 404 && last.fields["connection"] == "close")
            #expect(client.seesEnd())
        }
        await server.stop()
    }

    @Test func anEndlessChunkedBodyIsAnsweredAtTheBound() async throws {
        let server = try await start { $0.maximumDrainedBytes = 1000 }
        try await server.client { port in
            let client = TestClient(port: port)
            client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            client.send("3e9\r\n" + String(repeating: "x", count: 1001))
            let answer = try #require(client.answer())
            #expect(answer.status == 405 && answer.fields["connection"] == "close")
        }
        await server.stop()
    }

    @Test func faultsOfTheMessageComeBeforeThoseOfTheRoute() async throws {
        let server = try await start { $0.maximumBodyBytes = 1000 }
        try await server.client { port in
            func status(_ fields: String, _ body: String = "") -> Int? {
                let client = TestClient(port: port)
                client.send("POST /none HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(body)")
                return client.answer()?.status
            }
            #expect(status("Content-Length: 1001") == 413)
            #expect(status("Content-Length: 99999999999999999999999999") == 413)
            #expect(status("Content-Length: 1001\r\nExpect: 100-continue") == 413)
            #expect(status("Content-Length: 5\r\nExpect: a-miracle", "hello") == 417)
            #expect(status("Transfer-Encoding: chunked", "5\r\nhelloX") == 400)
            #expect(status("Transfer-Encoding: chunked", "ffffffffffffffff\r\n") == 413)
            #expect(status("Content-Length: 5", "hello") == 404)
        }
        await server.stop()
    }

    @Test func anExpectingClientIsAnsweredAtOnceOrKept() async throws {
        let server = try await start()
        try await server.client { port in
            let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
            let waiting = TestClient(port: port)
            waiting.send(head)
            #expect(waiting.answer()?.fields["connection"] == "close")
            #expect(waiting.seesEnd())
            let eager = TestClient(port: port)
            eager.send(head + "hello" + ServerSocketTests.get)
            #expect(eager.answer()?.status == 405)
            #expect(eager.answer()?.status == 200)
        }
        await server.stop()
    }
}
