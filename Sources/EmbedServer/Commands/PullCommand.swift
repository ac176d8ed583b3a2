import ArgumentParser
import FoundationEssentials

/// `embed-server pull`.
struct PullCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull",
        abstract: "Fetch a model from a model hub into the model store.",
        discussion: """
            MODEL is OWNER/NAME, or a name that needs no owner: jina-embeddings-v5-text-nano or -small, with -retrieval, \
            -text-matching, -clustering or -classification behind it for a checkpoint with one adapter merged in.

            The hub is that of --endpoint, of hub.endpoint in the configuration, or of HF_ENDPOINT. HF_TOKEN, \
            HF_HUB_OFFLINE, HF_HOME, HF_HUB_CACHE, https_proxy, no_proxy and SSL_CERT_FILE mean what they mean to \
            Hugging Face's tools. A download that was broken off goes on where it stopped. Every file is compared with \
            the digest that the hub lists before the model appears in the store, whole.

            Prints the folder of the model.
            """
    )

    /// Transfers at once, unless told otherwise.
    static let defaultConnections = 8

    @Argument(help: ArgumentHelp("The model.", valueName: "MODEL"))
    var model: String

    @Option(help: "A branch, a tag or a commit. Name a commit to get the same files for ever.")
    var revision = "main"

    @Option(help: "The name in the store (default: the repository's, without its owner).")
    var name: String?

    @Option(help: ArgumentHelp("The hub's address, if not that of the configuration.", valueName: "URL"))
    var endpoint: String?

    @Option(help: "A config.json with settings; also EMBED_CONFIG.")
    var config: String?

    @Option(help: "The most transfers at once. Lower it for hubs that limit them.")
    var connections = Self.defaultConnections

    @Flag(help: "Accept the model's licence, whichever it is; it is printed. Needed where there is no terminal to ask.")
    var acceptLicense = false

    func validate() throws {
        guard Repository(model) != nil else {
            throw ValidationError(
                "MODEL: expected OWNER/NAME, or one of \(Repository.published.joined(separator: ", "))"
            )
        }
        if !(1...64).contains(connections) { throw ValidationError("--connections: expected 1 to 64") }
        if revision.isEmpty { throw ValidationError("--revision: expected a branch, a tag or a commit") }
    }

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        guard let repository = Repository(model) else { return }
        let settings = try SettingsLoader.settings(config: config, environment: environment)
        let pull = ModelPull(
            repository: repository,
            revision: revision,
            id: name ?? repository.name,
            store: ModelStore(home: HomeDirectory(environment: environment)),
            access: try HubAccess(flag: endpoint, setting: settings.hub.endpoint, environment: environment),
            connections: connections,
            accepts: { acceptLicense || Terminal.accepts($0) },
            report: { StandardError.write($0 + "\n") }
        )
        let path = try pull.run()
        var output = StandardOutput()
        try output.write(line: Array(path.utf8))
        try output.flush()
    }
}
