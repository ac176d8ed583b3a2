import Foundation
import HTTPTypes
import Testing

@testable import HTTPCore

/// What one client does does not reach another.
@Suite(.serialized, .timeLimit(.minutes(2))) struct FairnessTests {
    private static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    private static let probe = "GET /probe HTTP/1.1\r\nHost: a\r\n\r\n"
    private static let slowBody = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\nabc"

    private static let probeRoute: Route = {
        var route = Route.immediate([.get], "/probe") { _ in Response(status: .ok, body: Array("alive".utf8)) }
        route.isProbe = true
        return route
    }()

    // MARK: - Places

    @Test func probesAreServedWhenSlowBodiesHaveAllPlaces() async throws {
        let server = try await TestServer.start([Self.probeRoute]) {
            $0.maximumConnections = 4
            $0.probeConnections = 2
        }
        try await server.client { port in
            let slow = (0..<4).map { _ in TestClient(port: port) }
            for client in slow { client.send(Self.slowBody) }
            for _ in 0..<20 {
                let prober = TestClient(port: port)
                prober.send(Self.probe)
                let answer = prober.answer()
                #expect(answer?.text == "alive" && answer?.fields["connection"] == "close")
            }
            // Others wait for a place, and get it.
            let other = TestClient(port: port)
            other.send(Self.get)
            slow[0].close()
            #expect(other.answer()?.status == 200)
        }
        await server.stop()
    }

    @Test func unfinishedHeadsDoNotKeepProbesOut() async throws {
        let server = try await TestServer.start([Self.probeRoute]) {
            $0.maximumConnections = 16
            $0.probeConnections = 4
        }
        try await server.client { port in
            let unfinished = (0..<100).map { _ in TestClient(port: port) }
            for client in unfinished { client.send("GET / HTTP/1.1\r\nHost:") }
            for _ in 0..<10 {
                let prober = TestClient(port: port)
                prober.send(Self.probe)
                #expect(prober.answer()?.text == "alive")
            }
        }
        #expect(server.server.statistics.connectionsOpen <= 16 + 3 * 4 + 1)
        await server.stop()
    }

    @Test func anotherAddressGetsAPlaceAtTheCostOfWhoHasMost() async throws {
        let server = try await TestServer.start {
            $0.maximumConnections = 8
            $0.probeConnections = 2
        }
        try await server.client { port in
            let slow = (0..<8).map { _ in TestClient(port: port) }
            for client in slow { client.send(Self.slowBody) }
            // Bodies that stand still for a while may have to go; until then the request waits.
            let other = TestClient(port: port, from: "127.0.0.2")
            other.send(Self.get)
            #expect(other.answer()?.status == 200)
        }
        await server.stop()
    }

    @Test func largeRequestsKeepNoSmallOneWaiting() async throws {
        let mayEnd = DispatchSemaphore(value: 0)
        let count = ProcessInfo.processInfo.activeProcessorCount + 1
        let blocking = Route([.post], "/blocking") { _ in
            Self.wait(for: mayEnd)
            return Response(status: .ok)
        }
        let server = try await TestServer.start([blocking])
        try await server.client { port in
            let body = [UInt8](repeating: 0x61, count: 20_000)
            let head = "POST /blocking HTTP/1.1\r\nHost: a\r\nContent-Length: 20000\r\n\r\n"
            let large = (0..<count).map { _ in TestClient(port: port) }
            for client in large { client.send(Array(head.utf8) + body) }
            let small = TestClient(port: port)
            small.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")
            #expect(small.answer()?.text == "hi")
            for _ in 0..<count { mayEnd.signal() }
            for client in large { #expect(client.answer()?.status == 200) }
        }
        await server.stop()
    }

    /// Blocks the thread, as decoding a large body does for a while.
    private static func wait(for semaphore: DispatchSemaphore) { semaphore.wait() }

    // MARK: - Reading

    @Test func whoPipelinesWithoutReadingIsNotReadFurther() async throws {
        let large = Route([.get], "/large") { _ in Response(status: .ok, body: [UInt8](repeating: 0, count: 3_000_000))
        }
        let server = try await TestServer.start([large])
        try await server.client { port in
            let client = TestClient(patience: 300)
            client.readNarrowly()
            client.connect(port: port)
            let head = "GET /large HTTP/1.1\r\nHost: a\r\nX-Long: \(String(repeating: "x", count: 20_000))\r\n\r\n"
            // Until the system takes no more.
            while client.send(head) {}
        }
        // One answer is under way; the heads behind it were read up to the bound, the rest lies in the kernel.
        #expect(server.server.statistics.requests == 1)
        #expect(server.server.statistics.bytesReceived <= 20_100 + 2 * 64 * 1024)
        await server.stop()
    }

    // MARK: - Answers

    @Test func aSlowButSteadyReaderGetsItsAnswer() async throws {
        let large = Route([.get], "/large") { _ in
            Response(status: .ok, body: [UInt8](repeating: 0x61, count: 1_000_000))
        }
        let server = try await TestServer.start([large]) { $0.writeTimeout = .milliseconds(400) }
        try await server.client { port in
            let client = TestClient.narrow(port: port)
            client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
            var count = 0
            var piece = [UInt8](repeating: 0, count: 20_000)
            while count < 1_000_000 {
                let read = piece.withUnsafeMutableBytes { client.read(into: $0) }
                guard read > 0 else { break }
                count += read
                usleep(30_000)
            }
            #expect(count > 1_000_000)
        }
        await server.stop()
    }

    @Test func answersNobodyReadsShareABudget() async throws {
        let held = Route([.get], "/held") { _ in
            var response = Response(status: .ok)
            response.stream = HoldingStream(heldBytes: 400_000, pieces: 100)
            return response
        }
        let server = try await TestServer.start([held]) { $0.maximumBufferedAnswerBytes = 1_000_000 }
        try await server.client { port in
            let get = "GET /held HTTP/1.1\r\nHost: a\r\n\r\n"
            let first = TestClient.narrow(port: port)
            first.send(get)
            #expect(first.read() > 0)
            let second = TestClient.narrow(port: port)
            second.send(get)
            #expect(second.answer()?.status == 503, "one address can have half of the budget")
            let other = TestClient.narrow(port: port, from: "127.0.0.2")
            other.send(get)
            #expect(other.read() > 0)
            let third = TestClient.narrow(port: port, from: "127.0.0.3")
            third.send(get)
            #expect(third.answer()?.status == 503)
            first.reset()
            while true {
                let again = TestClient(port: port)
                again.send(get)
                if again.answer()?.status == 200 { return }
            }
        }
        await server.stop()
    }
}

extension TestClient {
    /// Reads something and drops it.
    fileprivate func read() -> Int {
        var octets = [UInt8](repeating: 0, count: 100)
        return octets.withUnsafeMutableBytes { read(into: $0) }
    }
}

/// A stream that holds memory and gives pieces of 100,000 octets.
private struct HoldingStream: BodyStream {
    let heldBytes: Int
    var pieces: Int
    var length: Int? { nil }

    mutating func next() throws(BodyError) -> [UInt8]? {
        guard pieces > 0 else { return nil }
        pieces -= 1
        return [UInt8](repeating: 0x61, count: 100_000)
    }
}
