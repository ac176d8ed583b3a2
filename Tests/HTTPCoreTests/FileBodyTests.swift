import Foundation
import HTTPCore
import HTTPTypes
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct FileBodyTests {
    private func file(_ octets: [UInt8]) throws -> String {
        let path = FileManager.default.temporaryDirectory.path + "/body-\(UUID().uuidString)"
        try Data(octets).write(to: URL(filePath: path))
        return path
    }

    private func server(_ path: String, length: Int) async throws -> TestServer {
        try await TestServer.start([
            Route([.get], "/file") { _ in
                var response = Response(status: .ok, fields: [.contentType: "text/plain"], body: Array("start ".utf8))
                response.stream = FileBody(descriptor: open(path, O_RDONLY), length: length)
                return response
            }
        ])
    }

    @Test func aLongFileFollowsTheBody() async throws {
        let content = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        let path = try file(content)
        defer { unlink(path) }
        let server = try await server(path, length: content.count)
        try await server.client { port in
            let client = TestClient(port: port)
            for _ in 0..<2 {
                client.send("GET /file HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n")
                let answer = try #require(client.answer())
                #expect(answer.fields["content-length"] == "\(content.count + 6)")
                #expect(answer.fields["content-encoding"] == nil)
                #expect(answer.body == Array("start ".utf8) + content)
            }
            client.send("HEAD /file HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(client.answer(toHead: true)?.fields["content-length"] == "\(content.count + 6)")
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(client.answer()?.status == 200)
        }
        await server.stop()
    }

    @Test func aFileThatIsTooShortEndsTheConnection() async throws {
        let path = try file(Array(repeating: 7, count: 300_000))
        defer { unlink(path) }
        let server = try await server(path, length: 300_001)
        try await server.client { port in
            let client = TestClient(port: port)
            client.send("GET /file HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(client.answer() == nil)
        }
        await server.stop()
    }
}
