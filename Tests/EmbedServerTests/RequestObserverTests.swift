import HTTPTypes
import Logging
import Testing

@testable import EmbedServer
@testable import HTTPCore

@Suite("The observer of finished requests")
struct RequestObserverTests {
    private func errors(_ client: TestClient, _ code: String) -> Bool {
        client.metrics.text().contains("\nembed_request_errors_total{code=\"\(code)\"} 1\n")
    }

    @Test("each request is logged and counted once, whoever refuses it", arguments: Transport.allCases)
    func once(transport: Transport) async throws {
        let client = try TestClient(keys: try KeyRing(apiKeys: ["k"], path: nil), on: transport)
        let key: HTTPFields = [.authorization: "Bearer k"]
        let good = try await client.embed(#"{"input":"a"}"#, fields: key)
        _ = try await client.lines(1)
        let bad = try await client.embed("{", fields: key)
        _ = try await client.lines(2)
        let locked = try await client.embed("{")
        _ = try await client.lines(3)
        let lost = try await client.send(.get, "/nope")
        let lines = try await client.lines(4)
        #expect(lines.count == 4)
        for (line, reply) in zip(lines, [good, bad, locked, lost]) {
            #expect(line["id"] == "\(reply.id)")
            #expect(line["status"]?.description == "\(reply.status)")
            #expect(line["remote"] == "127.0.0.1")
            #expect(line["bytes_out"]?.description == "\(reply.text.utf8.count)")
            #expect(line["complete"] == nil)
        }
        #expect(lines.map { $0["path"]?.description } == Array(repeating: "/v1/embeddings", count: 3) + ["/nope"])
        #expect(lines.map { $0["key"]?.description } == ["key-1", "key-1", nil, nil])
        #expect(lines[0]["bytes_in"]?.description == "13")
        #expect(lines[0]["tokens"]?.description == "2")
        // A reason is for those that no endpoint has seen.
        #expect(lines.map { $0["reason"] != nil } == [false, false, true, true])
        for code in ["VALIDATION_ERROR", "AUTH_MISSING_API_KEY", "RESOURCE_NOT_FOUND"] {
            #expect(errors(client, code), "\(code)")
        }
        let route = "embed_http_requests_total{route=\"/v1/embeddings\",method=\"POST\",code=\"401\"} 1\n"
        #expect(client.metrics.text().contains(route))
    }

    @Test("an answer that did not get out is said to be cut short")
    func incomplete() {
        let log = RecordingLogHandler()
        let observer = RequestObserver(
            log: AccessLog(logger: Logger(label: "test") { _ in log }),
            metrics: ServerMetrics()
        )
        observer.observe(
            ResponseRecord(
                id: RequestID(),
                method: nil,
                path: nil,
                route: nil,
                status: .badRequest,
                requestBodyBytes: 0,
                bodyBytes: 7,
                isComplete: false,
                duration: .milliseconds(3),
                remoteAddress: SocketAddress(host: "::1", port: 1)
            )
        )
        #expect(log.lines.count == 1)
        #expect(log.lines[0]["complete"]?.description == "false")
        #expect(log.lines[0]["remote"] == "::1")
        #expect(log.lines[0]["method"] == nil)
    }
}
