import Glibc
import HTTPCore
import HTTPTypes
import Logging

// Answers every request with its own decoded body. For conformance and load tests:
//
//     http-echo [--port P] [--host H] [--tls-cert FILE --tls-key FILE [--tls-client-ca FILE]]
//
// Prints the bound address on standard error, and ends with status 0 after SIGTERM or SIGINT. SIGHUP reads
// the certificate again.

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

var certificate: String?
var key: String?
var clientAuthority: String?
var arguments = CommandLine.arguments.dropFirst()
while let option = arguments.popFirst() {
    switch (option, arguments.popFirst()) {
    case ("--port", let text?):
        guard let port = UInt16(text) else { fail("--port wants a number from 0 to 65535") }
        configuration.port = Int(port)
    case ("--host", let text?):
        configuration.host = text
    case ("--tls-cert", let file?):
        certificate = file
    case ("--tls-key", let file?):
        key = file
    case ("--tls-client-ca", let file?):
        clientAuthority = file
    default:
        fail("usage: http-echo [--port P] [--host H] [--tls-cert FILE --tls-key FILE [--tls-client-ca FILE]]")
    }
}
switch (certificate, key) {
case (let certificate?, let key?):
    configuration.tls = TLSConfiguration(
        certificateFile: certificate,
        keyFile: key,
        clientAuthorityFile: clientAuthority
    )
case (nil, nil): break
default: fail("--tls-cert and --tls-key belong together")
}

let echo = Route([.get, .head, .post, .put, .patch, .delete, .options], "*") { request in
    guard request.body.isEmpty else {
        return Response(status: .ok, fields: [.contentType: "application/octet-stream"], body: request.body)
    }
    return Response(status: .ok)
}

let signals = Signals.stream([SIGTERM, SIGINT, SIGHUP])
let server = HTTPServer(
    configuration: configuration,
    application: Application(router: Router([echo])),
    logger: Logger(label: "http-echo")
)
do {
    let address = try await server.start()
    say("listening on \(address)")
} catch {
    fail("\(error)")
}
for await signal in signals {
    guard signal == SIGHUP else { break }
    do {
        try server.reloadCertificate()
    } catch {
        say("\(error)")
    }
}
await server.shutDown(deadline: .seconds(10))
