import Foundation
import HTTPCore
import HTTPTypes
import Testing

/// Clients that are slow, or go away.
extension ServerSocketTests {
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
            $0.bodyTimeout = .milliseconds(50)
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
        let client = try await server.client { port in
            let client = TestClient(port: port)
            client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
            return UncheckedClient(client)
        }
        try await server.wait { $0.connectionsAccepted == 1 && $0.connectionsOpen == 0 }
        // A reset loses the rest of the answer: it never becomes complete.
        try await server.client { _ in #expect(client.client.answer() == nil) }
        await server.stop()
    }

    // MARK: - Clients that go away

    @Test func aHalfClosedClientIsAnswered() async throws {
        let mayAnswer = Signal()
        let slow = Route([.get], "/slow") { _ in
            await mayAnswer.wait()
            return Response(status: .ok, body: Array(Task.isCancelled ? "cancelled".utf8 : "done".utf8))
        }
        let server = try await TestServer.start([slow])
        try await server.client { port in
            let client = TestClient(port: port)
            client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n" + Self.get)
            client.halfClose()
            // The server asks once whether anybody still reads, and on a busy machine again for the second request.
            #expect(client.answer()?.status == 100)
            Task { await mayAnswer.raise() }
            #expect(client.finalAnswer()?.text == "done")
            #expect(client.finalAnswer()?.status == 200)
            #expect(client.seesEnd())
        }
        try await server.wait { $0.connectionsOpen == 0 }
        await server.stop()
    }

    /// How a client gives up.
    enum Farewell: CaseIterable {
        case close, reset, halfCloseThenReset
    }

    @Test(arguments: Farewell.allCases)
    func aClientThatGivesUpHasItsHandlerCancelled(_ farewell: Farewell) async throws {
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
            if farewell == .halfCloseThenReset { client.halfClose() }
            return UncheckedClient(client)
        }
        await started.wait()
        if farewell == .close { client.client.close() } else { client.reset() }
        await cancelled.wait()
        try await server.wait { $0.requestsInFlight == 0 && $0.connectionsOpen == 0 }
        #expect(server.server.statistics.requestsCancelled == 1)
        await server.stop()
    }

    @Test func aClientOf10ThatClosesIsLeftToItsHandler() async throws {
        let slow = Route([.get], "/slow") { _ in
            try? await Task.sleep(for: .milliseconds(50))
            return Response(status: .ok, body: Array(Task.isCancelled ? "cancelled".utf8 : "done".utf8))
        }
        let server = try await TestServer.start([slow])
        try await server.client { port in
            let client = TestClient(port: port)
            client.send("GET /slow HTTP/1.0\r\n\r\n")
            client.halfClose()
            #expect(client.answer()?.text == "done")
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

    @Test func resetsLeaveNoDescriptorBehind() async {
        // In a process of its own, where no other test opens sockets.
        await #expect(processExitsWith: .success) {
            let large = Route([.get], "/large") { _ in
                Response(status: .ok, body: [UInt8](repeating: 0, count: 5_000_000))
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
            // Descriptors are closed on the event loops, which may come a little later than the count.
            try await server.wait { $0.connectionsAccepted == 300 && openSocketCount() == before }
        }
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
