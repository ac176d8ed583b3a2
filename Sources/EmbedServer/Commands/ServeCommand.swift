import ArgumentParser
import FoundationEssentials
import Logging

/// `embed-server serve`.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve embeddings over HTTP until SIGTERM or SIGINT.",
        discussion: """
            A setting comes from, in rising order: its default, the file of --config, an EMBED_* environment \
            variable, a flag. docs/configuration.md lists them all.

            Without --model and without models in the configuration, the small default model all-MiniLM-L6-v2 is \
            served from $EMBED_HOME/models/all-MiniLM-L6-v2 (EMBED_HOME is ~/.cache/embed-server unless set).
            Models of that store need no folder: `--model jina-embeddings-v5-text-nano`. If such a model is not there \
            yet, the command offers to fetch it on a terminal, and elsewhere says how to.
            """
    )

    @Option(help: "A config.json with settings; also EMBED_CONFIG. Use one when flags become too many.")
    var config: String?

    @Option(help: "The address to listen on (default: 127.0.0.1). Use 0.0.0.0 or :: to be reached from other machines.")
    var host: String?

    @Option(help: "The TCP port to listen on (default: 8080). Change it if the port is taken; 0 picks a free one.")
    var port: String?

    @Option(
        help: ArgumentHelp(
            """
            A model to serve: the name clients ask for, and the folder of its checkpoint, which may be left out for \
            models of the store. Repeat it for more models.
            """,
            valueName: "ID[=DIR]"
        )
    )
    var model: [String] = []

    @Option(help: "Compute threads (default: one per CPU the process may use). Lower it to leave CPUs to others.")
    var threads: String?

    @Option(
        help: """
            The least severe level to log: trace, debug, info, notice, warning, error or critical (default: info). \
            Use debug to see probes, warning to silence the access log.
            """
    )
    var logLevel: String?

    @Option(help: "How log lines look: text, json, or auto (default): text on a terminal, JSON elsewhere.")
    var logFormat: String?

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let settings = try settings(environment: environment)
        let log = Logger.bootstrap(settings.log)
        // A reader that stands still must not keep the process from ending.
        defer { log.flush(within: .seconds(1)) }
        do {
            try await serve(settings, environment: environment, log: log)
        } catch {
            // In its place among the lines of the log, as ArgumentParser would print it.
            let message = Self.fullMessage(for: error)
            if !message.isEmpty { log.write(Array("\(message)\n".utf8)) }
            throw Self.exitCode(for: error)
        }
    }

    private func serve(_ settings: Settings, environment: [String: String], log: LogQueue) async throws {
        let unknown = SettingsLoader.unknownNames(in: environment)
        if !unknown.isEmpty {
            let names = unknown.joined(separator: ", ")
            Logger(label: "configuration").warning("environment variables that mean nothing here: \(names)")
        }
        let home = HomeDirectory(environment: environment)
        try PullOffer(settings: settings, home: home, environment: environment).make()
        try await EmbeddingService(settings: settings, home: home, log: log).run()
    }

    /// Puts the settings of all sources together.
    func settings(environment: [String: String]) throws -> Settings {
        var loader = SettingsLoader()
        try loader.apply(config: config, environment: environment)
        let flags = [
            ("--host", "server.host", host),
            ("--port", "server.port", port),
            ("--threads", "compute.threads", threads),
            ("--log-level", "log.level", logLevel),
            ("--log-format", "log.format", logFormat),
        ]
        for (flag, path, value) in flags {
            if let value { try loader.apply(flag: flag, path: path, text: value) }
        }
        try loader.apply(models: model)
        return try loader.finished()
    }
}
