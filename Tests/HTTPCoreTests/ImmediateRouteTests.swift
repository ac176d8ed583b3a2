import Dispatch
import Foundation
import HTTPCore
import HTTPTypes
import Testing

/// Routes that are answered on the event loops.
@Suite(.serialized, .timeLimit(.minutes(1))) struct ImmediateRouteTests {
    @Test func answersWhileEveryThreadForTasksIsBusy() async throws {
        let release = DispatchSemaphore(value: 0)
        let started = DispatchSemaphore(value: 0)
        let count = ProcessInfo.processInfo.activeProcessorCount
        @Sendable func block() {
            started.signal()
            release.wait()
        }
        let server = try await TestServer.start([
            // Breaks the rule that handlers do not block: that is what is tested.
            Route([.get], "/block") { _ in
                block()
                return Response(status: .ok)
            },
            .immediate([.get], "/now") { Response(status: .ok, body: Array($0.path.utf8)) },
        ])
        try await server.client { port in
            let blocked = (0..<count).map { _ in TestClient(port: port) }
            for client in blocked { client.send("GET /block HTTP/1.1\r\nHost: a\r\n\r\n") }
            for _ in blocked { started.wait() }
            let client = TestClient(port: port)
            client.send(
                "GET /now HTTP/1.1\r\nHost: a\r\n\r\nPOST /now HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
            )
            client.send("HEAD /now HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = client.answer()
            #expect(answer?.text == "/now")
            #expect(client.answer()?.status == 405)
            #expect(client.answer(toHead: true)?.fields["content-length"] == "4")
            for _ in blocked { release.signal() }
            for client in blocked { #expect(client.answer()?.status == 200) }
        }
        await server.stop()
    }
}
