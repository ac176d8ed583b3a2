import ArgumentParser

/// `embed-server embed`.
struct EmbedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "embed",
        abstract: "Embed texts in files, with a model of this machine or a server's.",
        discussion: """
            Without --output, reads standard input or one file and writes one {"embedding": […]} a line to standard \
            output, in the same order, each as soon as it is there.

            With --output, embeds files into files: one file into one, or several or a folder's into a folder. A \
            checkpoint lies beside each output; after an interruption of any kind the same command goes on where it \
            stopped, and gives the same octets as if nothing had happened. Memory does not grow with the input.

            A .jsonl or .ndjson file has a JSON string or {"text": "…"} a line, a .csv file a header with a column \
            `text`, a .txt file a text a line. An `id` beside the text is kept. Other names are read as JSONL.
            """
    )

    /// Requests at once, unless told otherwise.
    static let defaultConnections = 4

    @Option(
        help: ArgumentHelp(
            "The folder of the checkpoint, or the name of a model in the store; with --server, its name there.",
            valueName: "DIR"
        )
    )
    var model: String?

    @Option(
        help: ArgumentHelp(
            "Ask the server at this address, which has the API of OpenAI or Jina, instead of loading a model. "
                + "EMBED_API_KEY is its key.",
            valueName: "URL"
        )
    )
    var server: String?

    @Option(help: "What the vectors are for (default: the model's own choice). Models without tasks ignore it.")
    var task: TaskOption?

    @Option(help: "Keep only this many leading values. For models trained for it (Matryoshka); saves index space.")
    var dimensions: Int?

    @Option(help: "How vectors are written. binary and ubinary keep one bit a value, eight to a number.")
    var embeddingType = OutputFormat.TypeName.float

    @Flag(
        inversion: .prefixedNo,
        help: "Cut inputs over the model's limit and say so, or take such an input for a bad record."
    )
    var truncate = true

    @Option(help: ArgumentHelp("The member or column with the text.", valueName: "NAME"))
    var field = "text"

    @Option(
        help: ArgumentHelp(
            "The member or column with the id that the output keeps (default: `id`, where there is one).",
            valueName: "NAME"
        )
    )
    var idField: String?

    @Option(help: "What the inputs are, whatever their names say.")
    var inputFormat: RecordFormat?

    @Option(help: ArgumentHelp("The file to write, or the folder for several files.", valueName: "PATH"))
    var output: String?

    @Option(help: "What to write (default: by the name of the output, jsonl in a folder).")
    var outputFormat: VectorFormat?

    @Option(
        help: """
            What to do about a record that cannot be embedded: stop there, or note it in the output (.npy: a row of NaN, \
            named in PATH.errors.jsonl) and go on.
            """
    )
    var onError = BadRecordOption.stop

    @Flag(help: "Begin anew and overwrite what is there, instead of going on.")
    var restart = false

    @Option(help: "Compute threads (default: one per CPU the process may use). Lower it to leave CPUs to others.")
    var threads: Int?

    @Option(help: "The most requests at once, with --server (default: \(Self.defaultConnections)).")
    var connections: Int?

    @Argument(help: ArgumentHelp("The files to read, or folders of them; standard input without.", valueName: "INPUT"))
    var inputs: [String] = []

    func validate() throws {
        if model == nil, server == nil {
            throw ValidationError("--model: expected a checkpoint or a model of the store, or --server")
        }
        if server != nil, threads != nil { throw ValidationError("--threads: the server has its own") }
        if server == nil, connections != nil { throw ValidationError("--connections: needs --server") }
        if let threads, threads < 1 { throw ValidationError("--threads: expected 1 or more") }
        if let connections, !(1...64).contains(connections) {
            throw ValidationError("--connections: expected 1 to 64")
        }
        if let dimensions, dimensions < 1 { throw ValidationError("--dimensions: expected 1 or more") }
        guard output == nil else {
            if inputs.isEmpty { throw ValidationError("--output: needs an INPUT that can be gone on with") }
            return
        }
        if inputs.count > 1 { throw ValidationError("--output: expected a folder for several inputs") }
        if outputFormat == .npy { throw ValidationError("--output-format npy: needs --output") }
        if restart { throw ValidationError("--restart: needs --output") }
    }

    func run() async throws {
        if let output { try await embed(into: output) } else { try await stream() }
    }
}
