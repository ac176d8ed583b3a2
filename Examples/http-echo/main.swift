import Glibc
import HTTPCore
import HTTPTypes
import Logging

// Answers every request with its own decoded body. For conformance and load tests:
//
//     http-echo [--port P] [--host H]
//
// Prints the bound address on standard error, and ends with status 0 after SIGTERM or SIGINT.

var configuration = ServerConfiguration()
configuration.port = 0
configuration.maximumBodyBytes = 1_000_000

func say(_ message: String) {
    let line = Array("http-echo: \(message)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
}

func fail(_ message: String) -> Never {
    say(message)
    exit(2)
}

var arguments = CommandLine.arguments.dropFirst()
while let option = arguments.popFirst() {
    switch (option, arguments.popFirst()) {
    case ("--port", let text?):
        guard let port = UInt16(text) else { fail("--port wants a number from 0 to 65535") }
        configuration.port = Int(port)
    case ("--host", let text?):
        configuration.host = text
    default:
        fail("usage: http-echo [--port P] [--host H]")
    }
}

let echo = Route([.get, .head, .post, .put, .patch, .delete, .options], "*") { request in
    guard request.body.isEmpty else {
        return Response(status: .ok, fields: [.contentType: "application/octet-stream"], body: request.body)
    }
    return Response(status: .ok)
}

let signals = Signals.stream([SIGTERM, SIGINT])
let server = HTTPServer(configuration: configuration, router: Router([echo]), logger: Logger(label: "http-echo"))
do {
    let address = try await server.start()
    say("listening on \(address)")
} catch {
    fail("\(error)")
}
for await _ in signals { break }
await server.shutDown(deadline: .seconds(10))
