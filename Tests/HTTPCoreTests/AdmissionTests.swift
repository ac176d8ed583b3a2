import Foundation
import HTTPTypes
import Synchronization
import Testing

@testable import HTTPCore

/// What is decided from the head, and what the observer learns.
@Suite(.serialized, .timeLimit(.minutes(1))) struct AdmissionTests {
    /// Refuses whoever has no `Authorization`, in a style of its own.
    private static let guarded: Route = {
        var route = Route.admitting([.post], "/guarded", bodyLimit: 10_000_000) { request in
            guard request.body.isEmpty else { preconditionFailure("admission comes before the body") }
            guard let key = request.fields[.authorization] else {
                return .refuse(Response(status: .unauthorized, body: Array("no key".utf8)))
            }
            return .handle { request in Response(status: .ok, body: Array("\(key) sent \(request.body.count)".utf8)) }
        }
        route.errorResponse = { error, _ in Response(status: error.status, body: Array("guarded".utf8)) }
        return route
    }()

    @Test func aRefusalComesBeforeTheBodyIsAskedFor() async throws {
        let server = try await TestServer.start([Self.guarded])
        try await server.client { port in
            let client = TestClient(port: port)
            client.send("POST /guarded HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\nExpect: 100-continue\r\n\r\n")
            let answer = client.answer()
            #expect(answer?.status == 401 && answer?.text == "no key" && answer?.fields["connection"] == "close")
            let known = TestClient(port: port)
            known.send(
                "POST /guarded HTTP/1.1\r\nHost: a\r\nAuthorization: me\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
            )
            #expect(known.answer()?.status == 100)
            known.send("abc")
            #expect(known.answer()?.text == "me sent 3")
        }
        await server.stop()
    }

    @Test func aRefusalIsReadableByWhoGoesOnSending() async throws {
        let server = try await TestServer.start([Self.guarded]) { $0.maximumLingerBytes = 20_000_000 }
        try await server.client { port in
            let client = TestClient(port: port)
            client.send("POST /guarded HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n")
            for _ in 0..<90 where client.send([UInt8](repeating: 0x61, count: 100_000)) {}
            #expect(client.answer()?.status == 401)
        }
        await server.stop()
    }

    @Test func theStyleOfErrorsBelongsToTheRoute() async throws {
        let server = try await TestServer.start([Self.guarded])
        try await server.client { port in
            let long = TestClient(port: port)
            long.send("POST /guarded HTTP/1.1\r\nHost: a\r\nAuthorization: me\r\nContent-Length: 90000000\r\n\r\n")
            let tooLong = long.answer()
            #expect(tooLong?.status == 413 && tooLong?.text == "guarded")
            let method = TestClient(port: port)
            method.send("GET /guarded HTTP/1.1\r\nHost: a\r\n\r\n")
            let notAllowed = method.answer()
            #expect(notAllowed?.status == 405 && notAllowed?.text == "guarded")
            #expect(notAllowed?.fields["allow"] == "POST, OPTIONS")
            method.send("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n")
            #expect(method.answer()?.status == 501)
        }
        await server.stop()
    }

    // MARK: - Streams

    @Test func streamsAreFramedByWhatIsKnown() async throws {
        let unknown = Route([.get], "/unknown") { _ in
            var response = Response(status: .ok, body: Array("first ".utf8))
            response.stream = CountingStream(sizes: [3, 0, 200_000, 1], length: nil)
            return response
        }
        let known = Route([.get], "/known") { _ in
            var response = Response(status: .ok)
            response.stream = CountingStream(sizes: [300_000], length: 300_000)
            return response
        }
        let failing = Route([.get], "/failing") { _ in
            var response = Response(status: .ok)
            response.stream = FailingStream()
            return response
        }
        let server = try await TestServer.start([unknown, known, failing])
        try await server.client { port in
            let client = TestClient(port: port)
            client.send("GET /unknown HTTP/1.1\r\nHost: a\r\n\r\nHEAD /unknown HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = client.answer()
            #expect(answer?.body.count == 6 + 200_004 && answer?.fields["content-length"] == nil)
            let head = client.answer(toHead: true)
            #expect(head?.status == 200 && head?.fields["transfer-encoding"] == "chunked")
            client.send("GET /known HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(client.answer()?.body.count == 300_000)
            client.send("GET /failing HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(client.answer() == nil, "an answer cut short never becomes complete")
            let old = TestClient(port: port)
            old.send("GET /unknown HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            let rest = String(decoding: old.rest(), as: UTF8.self)
            #expect(rest.contains("Connection: close") && !rest.contains("chunked"))
        }
        await server.stop()
    }

    // MARK: - Records

    @Test func theObserverLearnsWhatWentOut() async throws {
        let records = Mutex<[ResponseRecord]>([])
        let noted = Route([.get], "/noted") { _ in
            var response = Response(status: .ok)
            response.stream = CountingStream(sizes: [70_000], length: nil)
            response.note = Note("a note")
            return response
        }
        let endless = Route([.get], "/endless") { _ in
            try? await Task.sleep(for: .seconds(3600))
            var response = Response(status: .init(code: 499))
            response.note = Note("left")
            return response
        }
        let large = Route([.get], "/large") { _ in Response(status: .ok, body: [UInt8](repeating: 0, count: 9_000_000))
        }
        let server = try await TestServer.start(
            [noted, endless, large],
            onResponse: { record in
                records.withLock { $0.append(record) }
            }
        )
        func wait(for count: Int) async throws {
            while records.withLock(\.count) < count { try await Task.sleep(for: .milliseconds(2)) }
        }
        try await server.client { port in
            let client = TestClient(port: port)
            client.send("GET /noted HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(client.answer()?.body.count == 70_000)
        }
        try await wait(for: 1)
        try await server.client { port in
            let client = TestClient(port: port)
            client.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
            usleep(50_000)
            client.reset()
        }
        try await wait(for: 2)
        try await server.client { port in
            let client = TestClient.narrow(port: port)
            client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
            client.skip(1_000)
            client.reset()
            let wrong = TestClient(port: port)
            wrong.send("BROKEN\r\n\r\n")
            #expect(wrong.answer()?.status == 400)
        }
        try await wait(for: 4)
        let all = records.withLock { $0 }
        #expect(all[0].isComplete && all[0].bodyBytes == 70_000 && (all[0].note as? Note)?.text == "a note")
        #expect(all[0].remoteAddress.host == "127.0.0.1" && all[0].route == "/noted")
        #expect(!all[1].isComplete && all[1].status.code == 499 && (all[1].note as? Note)?.text == "left")
        let cut = try #require(all.first { $0.route == "/large" })
        #expect(!cut.isComplete && cut.bodyBytes < 9_000_000)
        #expect(all.contains { $0.status.code == 400 && $0.isComplete && $0.method == nil })
        await server.stop()
        #expect(records.withLock(\.count) == 4)
    }
}

/// A note to recognise.
private final class Note: ResponseNote {
    let text: String

    init(_ text: String) {
        self.text = text
    }
}

/// A stream that breaks off.
private struct FailingStream: BodyStream {
    var pieces = 2
    var length: Int? { nil }
    var heldBytes: Int { 0 }

    mutating func next() throws(BodyError) -> [UInt8]? {
        guard pieces > 0 else { throw BodyError("the source is gone") }
        pieces -= 1
        return [UInt8](repeating: 0x61, count: 1_000)
    }
}
