import ArgumentParser
import Foundation
import HTTPCore
import InferenceCore
import JSONCore
import Logging
import Testing

@testable import EmbedServer

@Suite("Settings")
struct SettingsTests {
    private func load(_ json: String, environment: [String: String] = [:]) throws -> Settings {
        var loader = SettingsLoader()
        try loader.apply(file: "config.json", contents: Array(json.utf8))
        try loader.apply(environment: environment)
        return loader.settings
    }

    @Test("the environment is laid over the file, flags over both, one field at a time")
    func precedence() throws {
        var loader = SettingsLoader()
        try loader.apply(file: "f", contents: Array(#"{"server":{"host":"a","port":1,"idleTimeoutSeconds":9}}"#.utf8))
        try loader.apply(environment: ["EMBED_SERVER_HOST": "b", "EMBED_SERVER_PORT": "2"])
        try loader.apply(flag: "--port", path: "server.port", text: "3")
        #expect(loader.settings.server.idleTimeoutSeconds == 9)
        #expect(loader.settings.server.host == "b")
        #expect(loader.settings.server.port == 3)
        #expect(loader.settings.scheduler == SchedulerSettings())
    }

    @Test("the flags of `serve` stand for settings")
    func flags() throws {
        let command = try #require(
            try EmbedServer.parseAsRoot([
                "serve", "--host", "::1", "--port", "0", "--threads", "2", "--log-level", "error", "--log-format",
                "json",
                "--model", "a=/x", "--model", "b=/y=z",
            ]) as? ServeCommand
        )
        let settings = try command.settings(environment: ["EMBED_SERVER_PORT": "9", "EMBED_MODELS": "c=/z"])
        #expect(settings.server.host == "::1")
        #expect(settings.server.port == 0)
        #expect(settings.compute.threads == 2)
        #expect(settings.log == LogSettings(level: .error, format: .json))
        #expect(settings.models == [ModelSettings(id: "a", path: "/x"), ModelSettings(id: "b", path: "/y=z")])
    }

    @Test("models are read with all their fields")
    func models() throws {
        let settings = try load(
            """
            {"models":[{"id":"m","path":"~/m",\
            "aliases":["x",{"name":"y","defaultTask":"clustering","defaultDimensions":8}],"defaultTask":"retrieval.query","defaultDimensions":64,\
            "tokenInput":"model"},{"id":"n"}]}
            """
        )
        #expect(
            settings.models == [
                ModelSettings(
                    id: "m",
                    path: "~/m",
                    aliases: ["x", ModelAlias("y", defaultTask: .clustering, defaultDimensions: 8)],
                    defaultTask: .retrievalQuery,
                    defaultDimensions: 64,
                    tokenInput: .model
                ), ModelSettings(id: "n"),
            ]
        )
        let home = HomeDirectory(environment: ["HOME": "/home/u"])
        #expect(settings.models.map(home.directory) == ["/home/u/m", "/home/u/.cache/embed-server/models/n"])
        let moved = HomeDirectory(environment: ["HOME": "/home/u", "EMBED_HOME": "/data"])
        #expect(moved.directory(of: .standard) == "/data/models/all-MiniLM-L6-v2")
    }

    @Test("what is on or off is true or false, in the file and in the environment")
    func truth() throws {
        #expect(try load("{}").server.playground)
        #expect(try load(#"{"server":{"playground":false}}"#).server.playground == false)
        #expect(try load("{}", environment: ["EMBED_SERVER_PLAYGROUND": "false"]).server.playground == false)
    }

    @Test("spaces between the items of a list are not part of them")
    func spacedLists() throws {
        let settings = try load(
            "{}",
            environment: [
                "EMBED_MODELS": "nano=/x, small=/y ,all-MiniLM-L6-v2 ", "EMBED_AUTH_API_KEYS": " alpha, beta\n",
                "EMBED_CORS_ALLOWED_ORIGINS": "https://a.example, https://b.example",
            ]
        )
        #expect(settings.models.map(\.id) == ["nano", "small", "all-MiniLM-L6-v2"])
        #expect(settings.models.map(\.path) == ["/x", "/y", nil])
        #expect(settings.auth.apiKeys == ["alpha", "beta"])
        #expect(settings.cors.allowedOrigins == ["https://a.example", "https://b.example"])
    }

    @Test("a key that was made from a file has its newline taken away; one that cannot be sent is refused")
    func keys() throws {
        #expect(
            try load(#"{"auth":{"apiKeys":["alpha\n"," beta\r\n","two words"]}}"#).auth.apiKeys == [
                "alpha", "beta", "two words",
            ]
        )
        let longest = String(repeating: "k", count: 512)
        #expect(try load(#"{"auth":{"apiKeys":["\#(longest)"]}}"#).auth.apiKeys == [longest])
        for key in ["\\n", "a\\nb", "a\\u0000", longest + "k"] {
            let error = #expect(throws: SettingsError.self) { try load(#"{"auth":{"apiKeys":["\#(key)"]}}"#) }
            #expect(error?.field == "auth.apiKeys")
        }
    }

    @Test(
        "origins are written as browsers write them",
        arguments: [
            ("https://a.example/", "https://a.example"), ("HTTPS://B.example", "https://b.example"),
            ("https://c.example:443", "https://c.example"), ("http://c.example:80/", "http://c.example"),
            ("http://c.example:443", "http://c.example:443"), ("http://localhost:3000", "http://localhost:3000"),
            ("http://[::1]:3000", "http://[::1]:3000"), ("http://[::1]", "http://[::1]"), ("*", "*"), ("null", "null"),
            ("chrome-extension://abcdef", "chrome-extension://abcdef"), ("file://", "file://"),
        ]
    )
    func origins(text: String, origin: String) throws {
        #expect(try load(#"{"cors":{"allowedOrigins":["\#(text)"]}}"#).cors.allowedOrigins == [origin])
    }

    @Test(
        "origins that no browser sends are refused",
        arguments: [
            "*.d.example", "https://*.d.example", "a.example", "https://a.example/path", "https://", "://a.example",
            "https://a.example:port", "https://a.example:", "https://u@a.example", "https://a.example?b",
            "https://ü.example", "https://a.example:65536", "https://a b",
        ]
    )
    func noOrigins(text: String) {
        let error = #expect(throws: SettingsError.self) {
            try load(#"{"cors":{"allowedOrigins":["https://ok.example","\#(text)"]}}"#)
        }
        #expect(error?.field == "cors.allowedOrigins")
        #expect(error?.reason.contains(text) == true)
    }

    @Test("an IPv6 address may have its brackets")
    func bracketedHost() throws {
        var loader = SettingsLoader()
        try loader.apply(flag: "--host", path: "server.host", text: "[::1]")
        #expect(loader.settings.server.host == "::1")
        #expect(try load(#"{"server":{"host":"[fd00::2]"}}"#).server.host == "fd00::2")
        #expect(try load(#"{"server":{"host":"[name]"}}"#).server.host == "[name]")
    }

    @Test("lists in the environment have commas")
    func environmentLists() throws {
        let settings = try load("{}", environment: ["EMBED_MODELS": "a=/x,b=/y", "EMBED_AUTH_API_KEYS": "k1,k2"])
        #expect(settings.models == [ModelSettings(id: "a", path: "/x"), ModelSettings(id: "b", path: "/y")])
        #expect(settings.auth.apiKeys == ["k1", "k2"])
    }

    @Test(
        "unknown keys and bad values name the file and the field",
        arguments: [
            (#"{"sever":{}}"#, "sever"),
            (#"{"server":{"prot":1}}"#, "server.prot"),
            (#"{"server.port":1}"#, "server.port"),
            (#"{"server":5}"#, "server"),
            (#"{"server":{"port":"8080"}}"#, "server.port"),
            (#"{"server":{"port":65536}}"#, "server.port"),
            (#"{"server":{"port":1.5}}"#, "server.port"),
            (#"{"server":{"port":null}}"#, "server.port"),
            (#"{"server":{"host":""}}"#, "server.host"),
            (#"{"server":{"playground":"true"}}"#, "server.playground"),
            (#"{"server":{"playground":0}}"#, "server.playground"),
            (#"{"compute":{"threads":0}}"#, "compute.threads"),
            (#"{"log":{"level":"loud"}}"#, "log.level"),
            (#"{"auth":{"apiKeys":["a",""]}}"#, "auth.apiKeys"),
            (#"{"auth":{"apiKeys":"a"}}"#, "auth.apiKeys"),
            (#"{"models":{}}"#, "models"),
            (#"{"models":[5]}"#, "models[0]"),
            (#"{"models":[{"id":"a"},{"path":"/x"}]}"#, "models[1]"),
            (#"{"models":[{"id":"a","pth":"/x"}]}"#, "models[0].pth"),
            (#"{"models":[{"id":"a","defaultTask":"query"}]}"#, "models[0].defaultTask"),
            (#"{"models":[{"id":"a","defaultDimensions":0}]}"#, "models[0].defaultDimensions"),
            (#"{"models":[{"id":"a","tokenInput":"guess"}]}"#, "models[0].tokenInput"),
            (#"{"models":[{"id":"a","aliases":["b",{"name":"c","task":"x"}]}]}"#, "models[0].aliases[1].task"),
            (#"{"models":[{"id":"a","aliases":[{"defaultDimensions":8}]}]}"#, "models[0].aliases[0]"),
        ]
    )
    func badFile(json: String, field: String) {
        let error = #expect(throws: SettingsError.self) { try load(json) }
        #expect(error?.source == "config.json")
        #expect(error?.field == field)
    }

    @Test(
        "a file that is not JSON says where",
        arguments: [
            ("", "config.json:1:1"), ("{", "config.json:1:2"), ("{\n  \"a\": 1\n  \"b\": 2\n}", "config.json:3:3"),
            ("// no", "config.json:1:1"), ("[]", "config.json"),
        ]
    )
    func notJSON(text: String, place: String) {
        let error = #expect(throws: SettingsError.self) { try load(text) }
        #expect(error?.source == place)
    }

    @Test(
        "bad variables name the variable",
        arguments: [
            ("EMBED_SERVER_PORT", "tcp://10.0.0.1:80"), ("EMBED_COMPUTE_THREADS", "0"), ("EMBED_LOG_LEVEL", ""),
            ("EMBED_MODELS", "no/path"), ("EMBED_SERVER_PLAYGROUND", "yes"), ("EMBED_AUTH_API_KEYS", "a,,b"),
        ]
    )
    func badVariable(name: String, value: String) {
        let error = #expect(throws: SettingsError.self) { try load("{}", environment: [name: value]) }
        #expect(error?.source == name)
    }

    @Test("a misspelt variable is noticed")
    func unknownVariables() {
        let environment = ["EMBED_SEVER_PORT": "1", "EMBED_HOME": "/", "EMBED_SERVER_PORT": "1", "PATH": "/"]
        #expect(SettingsLoader.unknownNames(in: environment) == ["EMBED_SEVER_PORT"])
    }

    @Test("names in the environment follow from the paths")
    func environmentNames() {
        let names = SettingField.all.map(\.environmentName)
        #expect(names.contains("EMBED_SERVER_MAXIMUM_BODY_BYTES"))
        #expect(names.contains("EMBED_AUTH_API_KEYS"))
        #expect(Set(names).count == names.count)
    }
}

@Suite("The files that describe the settings")
struct SettingsFilesTests {
    private func read(_ path: String) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    @Test("config.json shows every setting with its default")
    func example() throws {
        let contents = Array(try read("config.json").utf8)
        var loader = SettingsLoader()
        try loader.apply(file: "config.json", contents: contents)
        var expected = Settings()
        expected.models = [.standard]
        #expect(loader.settings == expected)
        let document = try JSONParser.parse(contents)
        for field in SettingField.all {
            let value = field.path.split(separator: ".").reduce(document as JSONValue?) { $0?[String($1)] }
            #expect(value != nil, "config.json lacks \(field.path)")
        }
    }

    @Test(
        "docs/configuration.md describes every setting",
        arguments: SettingField.all.map { ($0.path, $0.environmentName) }
    )
    func documentation(path: String, environmentName: String) throws {
        let text = try read("docs/configuration.md")
        #expect(text.contains("`\(path)`"))
        #expect(text.contains("`\(environmentName)`"))
    }

    /// How a default is written in the tables of docs/configuration.md.
    private func cell(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): return text
        case .null: return "null"
        default:
            var writer = JSONWriter()
            writer.value(value)
            return String(decoding: writer.bytes, as: UTF8.self)
        }
    }

    @Test("docs/configuration.md and config.json give the same defaults")
    func documentedDefaults() throws {
        let document = try JSONParser.parse(Array(try read("config.json").utf8))
        let rows = try read("docs/configuration.md").split(separator: "\n").map {
            $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
        // Models have no default of their own: without any, the default model is served.
        for field in SettingField.all where field.path != "models" {
            let row = try #require(rows.first { $0.first == "`\(field.path)`" }, "\(field.path)")
            let value = field.path.split(separator: ".").reduce(document as JSONValue?) { $0?[String($1)] }
            #expect(row.count > 3 && row[3] == "`\(cell(value ?? .null))`", "\(field.path)")
            #expect(row.count > 1 && row[1] == "`\(field.environmentName)`", "\(field.path)")
        }
    }

    @Test("the server and the engine have by themselves the defaults that the settings have")
    func librariesDefaults() {
        let (server, given) = (ServerConfiguration(), ServerConfiguration(ServerSettings()))
        #expect(server.host == given.host)
        #expect(server.port == given.port)
        #expect(server.tls == given.tls)
        #expect(server.maximumConnections == given.maximumConnections)
        #expect(server.maximumBodyBytes == given.maximumBodyBytes)
        #expect(server.maximumBufferedBodyBytes == given.maximumBufferedBodyBytes)
        #expect(server.maximumBufferedAnswerBytes == given.maximumBufferedAnswerBytes)
        #expect(server.compressesAnswers == given.compressesAnswers)
        #expect(server.minimumCompressedBytes == given.minimumCompressedBytes)
        #expect(server.headTimeout == given.headTimeout)
        #expect(server.bodyTimeout == given.bodyTimeout)
        #expect(server.idleTimeout == given.idleTimeout)
        #expect(server.writeTimeout == given.writeTimeout)
        let (engine, chosen) = (EngineConfiguration(), EngineConfiguration(Settings()))
        #expect(engine.threads == chosen.threads)
        #expect(engine.queueTokens == chosen.queueTokens)
        #expect(engine.stepTokens == chosen.stepTokens)
        #expect(engine.interactiveWait == chosen.interactiveWait)
        #expect(engine.bulkWait == chosen.bulkWait)
    }
}
