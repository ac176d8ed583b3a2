import COpenSSL
import Foundation
import HTTPCore
import HTTPTypes
import Testing

/// The server over TLS, with OpenSSL's own client.
@Suite(.serialized, .timeLimit(.minutes(1))) struct TLSTests {
    static let get = ServerSocketTests.get

    /// A server with the certificate `first`.
    private func start(
        _ routes: [Route] = [],
        clientAuthority: String? = nil,
        configure: @escaping (inout ServerConfiguration) -> Void = { _ in }
    ) async throws -> TestServer {
        let file = TestTLSClient.file
        return try await TestServer.start(routes) { configuration in
            configuration.tls = TLSConfiguration(
                certificateFile: file("first.pem"),
                keyFile: file("first.key"),
                clientAuthorityFile: clientAuthority.map(file)
            )
            configure(&configuration)
        }
    }

    // MARK: - Handshake

    @Test(arguments: [(Int(TLS1_2_VERSION), "TLSv1.2"), (Int(TLS1_3_VERSION), "TLSv1.3")])
    func answers(_ version: Int, _ name: String) async throws {
        let scheme = Route([.get], "/scheme") { Response(status: .ok, body: Array(($0.head.scheme ?? "").utf8)) }
        let server = try await start([scheme])
        try await server.client { port in
            let client = TestTLSClient(port: port, .init(protocols: ["h2", "http/1.1"], maximumVersion: version))
            #expect(client.version == name && client.chosenProtocol == "http/1.1")
            client.send(
                "GET /scheme HTTP/1.1\r\nHost: a\r\n\r\nPOST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
            )
            #expect(client.answer()?.text == "https")
            #expect(client.answer()?.text == "hi")
            client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(client.answer()?.status == 200)
            #expect(client.seesEnd())
        }
        await server.stop()
    }

    @Test func oldVersionsAndOtherProtocolsAreRefused() async throws {
        let server = try await start()
        try await server.client { port in
            #expect(!TestTLSClient(port: port, .init(maximumVersion: Int(TLS1_1_VERSION))).isConnected)
            #expect(!TestTLSClient(port: port, .init(protocols: ["h2"])).isConnected)
            #expect(TestTLSClient(port: port, .init(protocols: ["http/1.1"])).isConnected)
            #expect(!TestTLSClient(port: port, .init(maximumVersion: Int(TLS1_2_VERSION))).renegotiate())
        }
        try await server.wait { $0.connectionsOpen == 0 }
        await server.stop()
    }

    @Test(arguments: [Int(TLS1_2_VERSION), Int(TLS1_3_VERSION)])
    func sessionsAreResumed(_ version: Int) async throws {
        let server = try await start()
        try await server.client { port in
            let first = TestTLSClient(port: port, .init(maximumVersion: version))
            first.send(Self.get)
            #expect(first.answer()?.status == 200)
            #expect(!first.isResumed)
            let second = TestTLSClient(port: port, .init(maximumVersion: version, session: first.session))
            #expect(second.isResumed)
            second.send(Self.get)
            #expect(second.answer()?.status == 200)
        }
        await server.stop()
    }

    @Test func plainHTTPIsToldOff() async throws {
        let server = try await start()
        try await server.client { port in
            let client = TestClient(port: port)
            client.send(Self.get)
            let answer = try #require(client.answer())
            #expect(answer.status == 400 && answer.text.contains("https"))
            #expect(client.seesEnd())
            let garbage = TestClient(port: port)
            garbage.send([0x16, 0x03, 0x01, 0x00, 0x05, 1, 2, 3, 4, 5])
            // An alert, and the end.
            garbage.skip(100)
        }
        try await server.wait { $0.connectionsOpen == 0 }
        await server.stop()
    }

    @Test func aHandshakeHasADeadline() async throws {
        let server = try await start { $0.headTimeout = .milliseconds(50) }
        try await server.client { port in
            #expect(TestClient(port: port).seesEnd())
            let trickle = TestClient(port: port)
            trickle.send([0x16, 0x03, 0x01])
            while trickle.send([0x02]) { usleep(5000) }
        }
        try await server.wait { $0.connectionsOpen == 0 }
        await server.stop()
    }

    // MARK: - Client certificates

    @Test func clientsMustShowACertificate() async throws {
        let server = try await start(clientAuthority: "authority.pem")
        try await server.client { port in
            func status(_ certificate: String?) -> Int? {
                // In TLS 1.3 the client learns of the refusal after its own handshake.
                let client = TestTLSClient(port: port, .init(certificate: certificate))
                client.send(Self.get)
                return client.answer()?.status
            }
            #expect(status("client") == 200)
            #expect(status(nil) == nil)
            #expect(status("second") == nil)
        }
        await server.stop()
    }

    // MARK: - Records

    @Test func largeBodiesBothWays() async throws {
        let server = try await start { $0.maximumBodyBytes = 20_000_000 }
        try await server.client { port in
            let client = TestTLSClient(port: port)
            let body = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\n\r\n")
            client.send(body)
            #expect(client.answer()?.body == body)
        }
        await server.stop()
    }

    @Test func pipelinedRequestsAreReadAlthoughTheSocketIsSilent() async throws {
        let numbers = Route([.get], "/{number}") { request in
            await Task.yield()
            return Response(status: .ok, body: Array((request.pathParameters["number"] ?? "").utf8))
        }
        // One record holds more than may be buffered: what OpenSSL keeps back is no event of the socket.
        let server = try await start([numbers]) { $0.maximumBufferedBytes = 256 }
        try await server.client { port in
            let client = TestTLSClient(port: port)
            client.send((1...300).map { "GET /\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
            for number in 1...300 { #expect(client.answer()?.text == "\(number)") }
        }
        await server.stop()
    }

    @Test func theCorpusHoldsOverTLS() async throws {
        let server = try await TestServer.start(only: [Route([.get], "/") { _ in Response(status: .ok) }]) {
            $0.tls = TLSConfiguration(
                certificateFile: TestTLSClient.file("first.pem"),
                keyFile: TestTLSClient.file("first.key")
            )
        }
        try await server.client { port in
            for example in ConformanceCase.all where example.wait != true {
                let plain = example.status
                let seen = RefusedRequestTests.statuses(of: example, from: TestTLSClient(port: port))
                #expect(plain.contains(seen.first ?? 0), "\(example.name): \(seen)")
            }
        }
        await server.stop()
    }

    @Test func aClientThatVanishesHasItsHandlerCancelled() async throws {
        let started = Signal()
        let cancelled = Signal()
        let endless = Route([.get], "/endless") { _ in
            await started.raise()
            try? await Task.sleep(for: .seconds(3600))
            await cancelled.raise()
            return Response(status: .ok)
        }
        let server = try await start([endless])
        let client = try await server.client { port in
            let client = TestTLSClient(port: port)
            client.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
            return UncheckedClient(client)
        }
        await started.wait()
        client.client.close()
        await cancelled.wait()
        try await server.wait { $0.requestsInFlight == 0 && $0.connectionsOpen == 0 }
        await server.stop()
    }

    // MARK: - Files

    @Test func filesThatCannotBeUsedAreNamed() async throws {
        func reason(_ certificate: String, _ key: String) async -> String {
            do {
                let server = try await TestServer.start {
                    $0.tls = TLSConfiguration(
                        certificateFile: TestTLSClient.file(certificate),
                        keyFile: TestTLSClient.file(key)
                    )
                }
                await server.stop()
                return "none"
            } catch {
                return "\(error)"
            }
        }
        #expect(await reason("missing.pem", "first.key").contains("missing.pem for TLS: No such file"))
        #expect(await reason("first.key", "first.key").contains("nothing of the kind in PEM form"))
        #expect(await reason("first.pem", "second.key").contains("second.key for TLS: key values mismatch"))
        #expect(await reason("first.pem", "locked.key").contains("passphrase"))
    }

    @Test func aRotatedCertificateIsServedWithoutLosingAConnection() async throws {
        let folder = NSTemporaryDirectory() + "tls-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let place = { @Sendable (name: String) throws in
            for kind in ["key", "pem"] {
                let data = try Data(contentsOf: URL(fileURLWithPath: TestTLSClient.file("\(name).\(kind)")))
                try data.write(to: URL(fileURLWithPath: "\(folder)/server.\(kind)"), options: .atomic)
            }
        }
        try place("first")
        let server = try await TestServer.start {
            $0.tls = TLSConfiguration(certificateFile: "\(folder)/server.pem", keyFile: "\(folder)/server.key")
            $0.tls?.watchInterval = .milliseconds(5)
        }
        try await server.client { port in
            let old = TestTLSClient(port: port)
            #expect(old.subject == "/CN=first.test")
            try place("second")
            // Every connection meanwhile is served, with the one certificate or the other.
            while true {
                let client = TestTLSClient(port: port)
                client.send(Self.get)
                #expect(client.answer()?.status == 200)
                if client.subject == "/CN=second.test" { break }
            }
            try Data("rubbish".utf8).write(to: URL(fileURLWithPath: "\(folder)/server.pem"))
            usleep(50_000)
            #expect(TestTLSClient(port: port).subject == "/CN=second.test")
            old.send(Self.get)
            #expect(old.answer()?.status == 200)
        }
        #expect(throws: ServerError.self) { try server.server.reloadCertificate() }
        await server.stop()
    }
}
