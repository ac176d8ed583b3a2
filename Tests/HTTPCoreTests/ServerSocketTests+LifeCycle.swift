import Foundation
import HTTPCore
import HTTPTypes
import Synchronization
import Testing

/// The limits of the server, and its stop.
extension ServerSocketTests {
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

    @Test func bodiesOfAllConnectionsShareOneBound() async throws {
        let started = Signal()
        let mayAnswer = Signal()
        let hold = Route([.post], "/hold") { _ in
            await started.raise()
            await mayAnswer.wait()
            return Response(status: .ok)
        }
        let server = try await TestServer.start([hold]) { $0.maximumBufferedBodyBytes = 1200 }
        async let held = server.client { port in
            let client = TestClient(port: port)
            client.send("POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 600\r\n\r\n")
            client.send([UInt8](repeating: 0x78, count: 600))
            return client.answer()?.status
        }
        await started.wait()
        try await server.client { port in
            let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 600\r\n\r\n"
            let body = [UInt8](repeating: 0x78, count: 600)
            // Half of it is all that one address can have, and more than is left is refused at the head.
            for address in ["127.0.0.1", "127.0.0.2"] {
                let refused = TestClient(port: port, from: address)
                refused.send(Array(head.replacing("600", with: "601").utf8) + body + [0x78])
                let answer = try #require(refused.answer())
                #expect(answer.status == 503 && answer.fields["retry-after"] == "1")
            }
            // A body that is only announced takes no room, and another address has room of its own.
            let announced = TestClient(port: port, from: "127.0.0.2")
            announced.send(head)
            let small = TestClient(port: port, from: "127.0.0.3")
            small.send(Array(head.utf8) + body)
            #expect(small.answer()?.body == body)
            Task { await mayAnswer.raise() }
        }
        #expect(try await held == 200)
        try await server.wait { $0.requestsInFlight == 0 }
        try await server.client { port in
            // The room comes back with the end of the handler's task, which may be a moment after its answer.
            while true {
                let client = TestClient(port: port)
                client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 600\r\n\r\n")
                client.send([UInt8](repeating: 0x78, count: 600))
                if client.answer()?.status == 200 { return }
            }
        }
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
                limit.rlim_cur = rlim_t(clients.last!.descriptor) + 20
                setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
                for client in clients { client.connect(port: port) }
                // Heads that never end keep their places: others are turned away, and see it at once.
                for client in clients.prefix(10) { client.send("GET / HT") }
                let isTurnedAway = clients.contains { client in
                    client.send(ServerSocketTests.get)
                    return client.seesEnd()
                }
                precondition(isTurnedAway)
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
