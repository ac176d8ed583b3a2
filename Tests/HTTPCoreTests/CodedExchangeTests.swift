import HTTPTypes
import Testing

@testable import HTTPCore

/// Content coding over a connection.
@Suite(.serialized, .timeLimit(.minutes(1))) struct CodedExchangeTests {
    private static func post(_ body: [UInt8], _ fields: String) -> [UInt8] {
        Array("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\n\(fields)\r\n\r\n".utf8) + body
    }

    @Test func bodiesAreDecodedAndFaultsKeepTheConnection() async throws {
        let seen = Route([.post], "/seen") { request in
            let fields = [request.fields[.contentEncoding], request.fields[.contentLength]]
            return Response(status: .ok, body: Array("\(fields)".utf8))
        }
        let server = try await TestServer.start([seen]) { $0.maximumBodyBytes = 100_000 }
        let bomb = try #require(Deflater.gzip([UInt8](repeating: 0, count: 5_000_000)))
        try await server.client { port in
            let client = TestClient(port: port)
            func ask(_ body: [UInt8], _ coding: String) throws -> TestClient.Answer {
                client.send(Self.post(body, "Content-Encoding: \(coding)"))
                return try #require(client.answer())
            }
            #expect(try ask(ContentCodingTests.gzipHello, "gzip").text == "hello")
            #expect(try ask(ContentCodingTests.deflateHello, "Deflate").text == "hello")
            #expect(try ask(Array("hello".utf8), "identity").text == "hello")
            #expect(try ask([], "gzip").text == "")
            #expect(try ask(Array("hello".utf8), "gzip").status == 400)
            #expect(try ask(bomb, "gzip").status == 413)
            for coding in ["br", "gzip, gzip", "gzip\r\nContent-Encoding: gzip"] {
                let refused = try ask(ContentCodingTests.gzipHello, coding)
                #expect(refused.status == 415 && refused.fields["accept-encoding"] == "gzip, deflate, identity")
            }
            let head =
                "POST /seen HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n19\r\n"
            client.send(Array(head.utf8) + ContentCodingTests.gzipHello + Array("\r\n0\r\n\r\n".utf8))
            #expect(client.answer()?.text == "[nil, nil]")
        }
        #expect(server.server.statistics.connectionsAccepted == 1)
        await server.stop()
    }

    @Test func decodedBodiesShareTheBoundOfAllBodies() async throws {
        let server = try await TestServer.start { $0.maximumBufferedBodyBytes = 50_000 }
        let body = try #require(Deflater.gzip([UInt8](repeating: 0, count: 60_000)))
        try await server.client { port in
            let client = TestClient(port: port)
            client.send(Self.post(body, "Content-Encoding: gzip"))
            #expect(client.answer()?.status == 503)
        }
        await server.stop()
    }

    @Test func answersAreCodedWhenItIsWantedAndPays() async throws {
        let text = String(repeating: "0.125,", count: 1000)
        let routes = [
            Route([.get], "/long") { _ in .json(Array(text.utf8)) },
            Route([.get], "/short") { _ in .json(Array("[]".utf8)) },
            Route([.get], "/octets") { _ in
                Response(status: .ok, fields: [.contentType: "application/octet-stream"], body: Array(text.utf8))
            },
        ]
        let stream = Route([.get], "/stream") { _ in
            var response = Response.json(Array("[".utf8))
            response.stream = CountingStream(sizes: [100_000, 0, 1, 200_000], length: nil)
            return response
        }
        let server = try await TestServer.start(routes + [stream])
        try await server.client { port in
            let client = TestClient(port: port)
            func get(_ path: String, _ accept: String, method: String = "GET") throws -> TestClient.Answer {
                client.send("\(method) \(path) HTTP/1.1\r\nHost: a\r\nAccept-Encoding: \(accept)\r\n\r\n")
                return try #require(client.answer(toHead: method == "HEAD"))
            }
            let coded = try get("/long", "br, gzip;q=0.8")
            #expect(coded.fields["content-encoding"] == "gzip" && coded.fields["vary"] == "Accept-Encoding")
            #expect(try Inflater.decode(coded.body, .gzip, limit: 10_000) { _ in true } == Array(text.utf8))
            let head = try get("/long", "gzip", method: "HEAD")
            #expect(head.fields["content-length"] == "\(coded.body.count)" && head.body.isEmpty)
            let plain = try get("/long", "gzip;q=0")
            #expect(plain.text == text && plain.fields["vary"] == "Accept-Encoding")
            #expect(try get("/short", "gzip").fields["content-encoding"] == nil)
            #expect(try get("/short", "gzip, identity;q=0").fields["content-encoding"] == "gzip")
            #expect(try get("/octets", "gzip").text == text)
            let uncoded = try get("/stream", "identity")
            #expect(uncoded.body.count == 300_002 && uncoded.fields["vary"] == "Accept-Encoding")
            let streamed = try get("/stream", "gzip")
            #expect(streamed.fields["content-encoding"] == "gzip" && streamed.body.count < 200_000)
            #expect(try Inflater.decode(streamed.body, .gzip, limit: 1_000_000) { _ in true } == uncoded.body)
        }
        await server.stop()
        let off = try await TestServer.start(routes) { $0.compressesAnswers = false }
        try await off.client { port in
            let client = TestClient(port: port)
            client.send("GET /long HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n")
            let answer = try #require(client.answer())
            #expect(answer.text == text && answer.fields["vary"] == nil)
        }
        await off.stop()
    }
}
