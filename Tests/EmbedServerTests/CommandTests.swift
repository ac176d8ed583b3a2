import ArgumentParser
import Glibc
import InferenceCore
import Logging
import Testing

@testable import EmbedServer

@Suite("Commands")
struct CommandTests {
    @Test("the command lines that are promised are understood")
    func commandLines() throws {
        let embed = try #require(
            try EmbedServer.parseAsRoot([
                "embed", "--model", "/m", "--task", "retrieval.query", "--dimensions", "64", "--no-truncate",
                "in.jsonl",
            ]) as? EmbedCommand
        )
        #expect(embed.model == "/m")
        #expect(embed.task?.task == .retrievalQuery)
        #expect(embed.dimensions == 64)
        #expect(!embed.truncate)
        #expect(embed.inputs == ["in.jsonl"])
        let tokenize = try EmbedServer.parseAsRoot(["tokenize", "--model", "/m", "--task", "clustering"])
        #expect((tokenize as? TokenizeCommand)?.task?.task == .clustering)
        #expect((try EmbedServer.parseAsRoot(["tokenize", "--model", "/m", "--raw"]) as? TokenizeCommand)?.raw == true)
    }

    @Test(
        "what cannot be meant is refused",
        arguments: [
            ["embed"], ["tokenize"], ["embed", "--model", "/m", "--task", "foo"],
            ["embed", "--model", "/m", "--threads", "0"], ["embed", "--model", "/m", "a.jsonl", "b.jsonl"],
            ["embed", "--model", "/m", "--output", "a.npy"], ["embed", "--model", "/m", "--output-format", "npy"],
            ["embed", "--model", "/m", "--restart", "a.jsonl"], ["embed", "--model", "/m", "--connections", "4"],
            ["embed", "--server", "http://a", "--threads", "2"], ["embed", "--model", "/m", "--dimensions", "0"],
            ["embed", "--model", "/m", "--input-format", "xml"],
            ["embed", "--model", "/m", "--embedding-type", "int4"],
            ["tokenize", "--model", "/m", "--raw", "--task", "clustering"],
            ["serve", "extra"], ["nothing"],
        ]
    )
    func refused(arguments: [String]) {
        #expect(throws: (any Error).self) { try EmbedServer.parseAsRoot(arguments) }
    }

    @Test("a line is a JSON string")
    func lines() throws {
        #expect(try InputLine.text(Array(#""a\n""#.utf8), number: 1) == "a\n")
    }

    @Test("a bad line is named", arguments: ["", "a", "5", "{}", #"{"text":"a"}"#, #""a" "b""#])
    func badLines(line: String) {
        let error = #expect(throws: LineError.self) { try InputLine.text(Array(line.utf8), number: 7) }
        #expect(error?.description.hasPrefix("line 7: ") == true)
    }

    @Test("a file is read by lines, of any length, with or without a last newline")
    func inputFile() throws {
        let long = String(repeating: "x", count: 200_000)
        for (text, expected) in [
            ("", []), ("\n", [""]), ("a", ["a"]), ("a\nb\n", ["a", "b"]), ("a\n\n\(long)\nb", ["a", "", long, "b"]),
        ] {
            let path = "/tmp/embed-server-test-\(getpid())"
            let file = try #require(fopen(path, "w"))
            fputs(text, file)
            fclose(file)
            defer { unlink(path) }
            var input = try InputFile(path: path)
            var lines: [String] = []
            while let line = try input.nextLine() { lines.append(String(decoding: line, as: UTF8.self)) }
            #expect(lines == expected)
            #expect(try InputFile.contents(path: path) == Array(text.utf8))
        }
    }

    @Test("a file that is not there is named")
    func missingFile() {
        let error = #expect(throws: IOError.self) { try InputFile.contents(path: "/nowhere/x") }
        #expect(error?.description == "/nowhere/x: No such file or directory")
    }

    @Test("a missing model says what to do")
    func missingModel() {
        let loader = ModelLoader(home: HomeDirectory(environment: ["EMBED_HOME": "/nowhere"]))
        let models = loader.models(Settings())
        #expect(models == [.standard])
        let error = #expect(throws: MissingModel.self) { try loader.check(models) }
        #expect(error?.description.contains("/nowhere/models/all-MiniLM-L6-v2") == true)
        #expect(error?.description.contains("make model") == true)
    }

    @Test(
        "a server that listens on every address is asked on the loopback one",
        arguments: [
            ("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("fd00::2", "[fd00::2]"),
            ("localhost", "localhost"),
        ]
    )
    func healthAddress(host: String, asked: String) {
        var settings = ServerSettings()
        settings.host = host
        settings.port = 9000
        #expect(HealthCommand.url(of: settings) == "http://\(asked):9000/readyz")
        settings.tls = TLSSettings(certificate: "/server.pem", key: "/server.key")
        #expect(HealthCommand.url(of: settings) == "https://\(asked):9000/readyz")
    }
}

@Suite("Log lines")
struct LogLineTests {
    private let line = LogLine(
        time: Timestamp(seconds: 1_795_453_323, milliseconds: 7),
        level: .info,
        message: "request",
        metadata: ["status": .stringConvertible(200), "id": "a\"b", "ms": .stringConvertible(1.5)]
    )

    @Test("text for people")
    func text() {
        #expect(line.text == "2026-11-23T17:02:03.007Z info: request id=a\"b ms=1.5 status=200\n")
    }

    @Test("JSON for collectors, numbers as numbers")
    func json() {
        let expected =
            #"{"time":"2026-11-23T17:02:03.007Z","level":"info","message":"request","#
            + #""id":"a\"b","ms":1.5,"status":200}"# + "\n"
        #expect(line.json == expected)
    }
}
