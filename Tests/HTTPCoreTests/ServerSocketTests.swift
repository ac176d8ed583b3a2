import Foundation
import HTTPCore
import HTTPTypes
import Synchronization
import Testing

/// The server over loopback sockets, with timeouts that are short by configuration; no test measures time.
@Suite(.serialized, .timeLimit(.minutes(1))) struct ServerSocketTests {
    private static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

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

    // MARK: - Slow clients

    @Test func slowHeadIs408() async throws {
        let server = try await TestServer.start {
            $0.headTimeout = .milliseconds(50)
            $0.lingerTimeout = .milliseconds(50)
        }
        try await server.client { port in
            let silent = TestClient(port: port)
            let client = TestClient(port: port)
            client.send("GET / HT")
            #expect(client.answer()?.status == 408)
            #expect(client.seesEnd())
            #expect(silent.seesEnd())
            // The whole head has one deadline: octets that trickle in do not move it.
            let trickle = TestClient(port: port)
            while trickle.send("a") { usleep(5000) }
        }
        await server.stop()
    }

    @Test func slowBodyIs408() async throws {
        let server = try await TestServer.start {
            $0.bodyTimeout = .milliseconds(50)
            $0.lingerTimeout = .milliseconds(50)
            $0.bodyRateGrace = .milliseconds(50)
            $0.minimumBodyRate = 1_000_000
        }
        try await server.client { port in
            let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n"
            let stalled = TestClient(port: port)
            stalled.send(head + "abc")
            #expect(stalled.answer()?.status == 408)
            let trickle = TestClient(port: port)
            trickle.send(head)
            while trickle.send("a") { usleep(10000) }
        }
        try await server.wait { $0.connectionsOpen == 0 }
        await server.stop()
    }

    @Test func idleConnectionsAreClosed() async throws {
        let server = try await TestServer.start { $0.idleTimeout = .milliseconds(50) }
        try await server.client { port in
            let client = TestClient(port: port)
            client.send(Self.get)
            #expect(client.answer()?.status == 200)
            #expect(client.seesEnd())
        }
        await server.stop()
    }

    @Test func aReaderThatDoesNotReadIsReset() async throws {
        let large = Route([.get], "/large") { _ in Response(status: .ok, body: [UInt8](repeating: 0, count: 20_000_000))
        }
        let server = try await TestServer.start([large]) { $0.writeTimeout = .milliseconds(50) }
        try await server.client { port in
            let client = TestClient(port: port)
            client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
            // A reset loses the rest of the answer: it never becomes complete.
            usleep(300_000)
            #expect(client.answer() == nil)
        }
        try await server.wait { $0.connectionsOpen == 0 }
        await server.stop()
    }

    // MARK: - Clients that go away

    @Test func aHalfClosedClientIsAnswered() async throws {
        let slow = Route([.get], "/slow") { _ in
            try? await Task.sleep(for: .milliseconds(50))
            return Response(status: .ok, body: Array(Task.isCancelled ? "cancelled".utf8 : "done".utf8))
        }
        let server = try await TestServer.start([slow])
        try await server.client { port in
            let client = TestClient(port: port)
            client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n" + Self.get)
            client.halfClose()
            #expect(client.answer()?.text == "done")
            #expect(client.answer()?.status == 200)
            #expect(client.seesEnd())
        }
        try await server.wait { $0.connectionsOpen == 0 }
        await server.stop()
    }

    @Test(arguments: [false, true])
    func aResetCancelsTheHandler(afterHalfClose: Bool) async throws {
        let started = Signal()
        let cancelled = Signal()
        let endless = Route([.get], "/endless") { _ in
            await started.raise()
            try? await Task.sleep(for: .seconds(3600))
            await cancelled.raise()
            return Response(status: .ok)
        }
        let server = try await TestServer.start([endless])
        let client = try await server.client { port in
            let client = TestClient(port: port)
            client.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
            if afterHalfClose { client.halfClose() }
            return UncheckedClient(client)
        }
        await started.wait()
        client.reset()
        await cancelled.wait()
        try await server.wait { $0.requestsInFlight == 0 && $0.connectionsOpen == 0 }
        #expect(server.server.statistics.requestsCancelled == 1)
        await server.stop()
    }

    @Test func aHalfCloseCancelsIfConfigured() async throws {
        let endless = Route([.get], "/endless") { _ in
            try? await Task.sleep(for: .seconds(3600))
            return Response(status: .ok, body: Array("stopped".utf8))
        }
        let server = try await TestServer.start([endless]) { $0.cancelsOnHalfClose = true }
        try await server.client { port in
            let client = TestClient(port: port)
            client.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
            client.halfClose()
            #expect(client.answer()?.text == "stopped")
        }
        await server.stop()
    }

    @Test func aLateAnswerIsDropped() async throws {
        let started = Signal()
        let mayAnswer = Signal()
        let stubborn = Route([.get], "/stubborn") { _ in
            await started.raise()
            await mayAnswer.wait()
            return Response(status: .ok, body: Array("too late".utf8))
        }
        let server = try await TestServer.start([stubborn]) { $0.eventLoopCount = 1 }
        let client = try await server.client { port in
            let client = TestClient(port: port)
            client.send("GET /stubborn HTTP/1.1\r\nHost: a\r\n\r\n")
            return UncheckedClient(client)
        }
        await started.wait()
        client.reset()
        try await server.wait { $0.connectionsOpen == 0 }
        #expect(server.server.statistics.requestsInFlight == 1)
        // The next connection may get the same descriptor; the answer must not go there.
        let next = try await server.client { port in
            let client = TestClient(port: port)
            client.send(Self.get)
            #expect(client.answer()?.text == "")
            return UncheckedClient(client)
        }
        await mayAnswer.raise()
        try await server.wait { $0.requestsInFlight == 0 }
        try await server.client { _ in
            next.client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nmine")
            #expect(next.client.answer()?.text == "mine")
        }
        await server.stop()
    }

    @Test func resetsLeaveNoDescriptorBehind() async throws {
        let large = Route([.get], "/large") { _ in Response(status: .ok, body: [UInt8](repeating: 0, count: 5_000_000))
        }
        let server = try await TestServer.start([large])
        let before = openSocketCount()
        try await server.client { port in
            for number in 0..<300 {
                let client = TestClient(port: port)
                client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
                if number.isMultiple(of: 2) { client.skip(1000) }
                client.reset()
            }
        }
        try await server.wait { $0.connectionsOpen == 0 && $0.requestsInFlight == 0 }
        #expect(openSocketCount() == before)
        #expect(server.server.statistics.connectionsAccepted == 300)
        await server.stop()
    }

    // MARK: - Limits of the server

    @Test func beyondTheLimitEveryConnectionIsServedInTurn() async throws {
        let server = try await TestServer.start { $0.maximumConnections = 16 }
        try await server.client { port in
            let clients = (0..<66).map { _ in TestClient(port: port) }
            for client in clients {
                client.send(Self.get)
                #expect(client.answer()?.status == 200)
            }
            // The longest idle ones made room for the others.
            #expect(clients[0].seesEnd())
        }
        #expect(server.server.statistics.connectionsAccepted == 66)
        try await server.wait { $0.connectionsOpen == 0 }
        await server.stop()
    }

    @Test func withoutDescriptorsTheServerSurvives() async {
        await #expect(processExitsWith: .success) {
            let server = try await TestServer.start()
            try await server.client { port in
                let clients = (0..<20).map { _ in TestClient(patience: 200) }
                var limit = rlimit()
                getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
                let previous = limit.rlim_cur
                // Room for a few connections on the server's side, fewer than there are clients.
                limit.rlim_cur = rlim_t(clients.last!.descriptor) + 8
                setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
                for client in clients { client.connect(port: port) }
                var answered = 0
                for client in clients {
                    client.send(ServerSocketTests.get)
                    if client.answer()?.status == 200 { answered += 1 }
                }
                precondition((1..<20).contains(answered), "\(answered) answered")
                for client in clients { client.close() }
                limit.rlim_cur = previous
                setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
                let client = TestClient(port: port)
                client.send(ServerSocketTests.get)
                precondition(client.answer()?.status == 200)
            }
            precondition(server.server.statistics.connectionsShed > 0)
        }
    }

    // MARK: - Shutdown

    @Test func drainLosesNothing() async throws {
        let work = Route([.get], "/work") { _ in
            try? await Task.sleep(for: .milliseconds(2))
            return Response(status: .ok)
        }
        let server = try await TestServer.start([work])
        let tally = Tally()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    try await server.client { port in
                        while true {
                            let client = TestClient()
                            guard client.connect(port: port) else { return }
                            client.send("GET /work HTTP/1.1\r\nHost: a\r\n\r\n")
                            tally.count(client.answer()?.status == 200)
                        }
                    }
                }
            }
            try await server.wait { $0.requests > 500 }
            await server.server.shutDown(deadline: .seconds(20))
            try await group.waitForAll()
        }
        #expect(tally.failed == 0)
        #expect(tally.answered > 500)
        #expect(server.server.statistics.connectionsOpen == 0)
    }

    @Test func drainClosesIdleConnectionsAndEndsBusyOnes() async throws {
        let started = Signal()
        let mayAnswer = Signal()
        let work = Route([.get], "/work") { _ in
            await started.raise()
            await mayAnswer.wait()
            return Response(status: .ok, body: Array("done".utf8))
        }
        let server = try await TestServer.start([work])
        async let outcome = server.client { port in
            let idle = TestClient(port: port)
            idle.send(Self.get)
            #expect(idle.answer()?.fields["connection"] == nil)
            let busy = TestClient(port: port)
            busy.send("GET /work HTTP/1.1\r\nHost: a\r\n\r\n")
            // The idle one ends while the busy one still works.
            #expect(idle.seesEnd())
            Task { await mayAnswer.raise() }
            let answer = try #require(busy.answer())
            #expect(answer.text == "done" && answer.fields["connection"] == "close")
            #expect(busy.seesEnd())
            #expect(!TestClient().connect(port: port))
        }
        await started.wait()
        await server.server.shutDown(deadline: .seconds(20))
        try await outcome
    }

    @Test func afterTheDeadlineHandlersAreCancelled() async throws {
        let started = Signal()
        let cancelled = Signal()
        let endless = Route([.get], "/endless") { _ in
            await started.raise()
            try? await Task.sleep(for: .seconds(3600))
            await cancelled.raise()
            return Response(status: .ok)
        }
        let server = try await TestServer.start([endless])
        async let answer = server.client { port in
            let client = TestClient(port: port)
            client.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
            return client.answer()
        }
        await started.wait()
        await server.server.shutDown(deadline: .zero)
        #expect(try await answer?.status == 503)
        await cancelled.wait()
    }

    @Test func startFailsWithAReason() async throws {
        let server = try await TestServer.start()
        await #expect(throws: ServerError.self) {
            _ = try await TestServer.start { $0.port = server.port }
        }
        await #expect(throws: ServerError.self) {
            _ = try await TestServer.start { $0.host = "no such host" }
        }
        await #expect(throws: ServerError.alreadyStarted) { _ = try await server.server.start() }
        let local = try await TestServer.start { $0.host = "localhost" }
        await local.stop()
        await server.stop()
    }
}

/// How many requests were answered, and how many were not.
private final class Tally: Sendable {
    private let counts = Mutex((answered: 0, failed: 0))

    var answered: Int { counts.withLock(\.answered) }
    var failed: Int { counts.withLock(\.failed) }

    func count(_ isAnswered: Bool) {
        counts.withLock { if isAnswered { $0.answered += 1 } else { $0.failed += 1 } }
    }
}

/// A client that goes from one thread to another.
struct UncheckedClient: @unchecked Sendable {
    // SAFETY: the tests hand it over and do not use it from two threads at a time.
    let client: TestClient

    init(_ client: TestClient) {
        self.client = client
    }

    func reset() {
        client.reset()
    }
}
