import ArgumentParser
import FoundationEssentials
import InferenceCore

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

    private var isPacked: Bool { embeddingType == .binary || embeddingType == .ubinary }

    private var fields: RecordText.Fields { RecordText.Fields(text: field, id: idField) }

    private var options: VectorOptions {
        VectorOptions(model: model, task: task?.task, dimensions: dimensions, truncate: truncate)
    }

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

    private func stream() async throws {
        let input = try inputs.first.map { path throws(IOError) in try InputFile(path: path) } ?? InputFile()
        let embedder = try await embedder { StandardError.write($0 + "\n") }
        let stream = RecordStream(
            format: inputFormat ?? inputs.first.flatMap(RecordFormat.init(path:)) ?? .jsonl,
            fields: fields,
            embedder: embedder,
            output: vectorOutput(.jsonl, of: embedder),
            skipsBadRecords: onError == .skip
        )
        try await stream.run(input)
        await embedder.shutDown()
    }

    private func embed(into output: String) async throws {
        let plan = try BulkPlan(
            inputs: inputs,
            inputFormat: inputFormat,
            output: output,
            outputFormat: outputFormat
        )
        if plan.outputFormat == .npy, embeddingType == .base64 {
            throw ValidationError("--embedding-type base64: is for JSONL, a .npy file holds numbers")
        }
        if plan.outputFormat == .npy, isPacked, onError == .skip {
            throw ValidationError("--on-error skip: bits have no NaN to mark a row of a .npy file. Write JSONL")
        }
        let progress = BulkProgress(total: plan.items.reduce(0) { $0 + $1.bytes })
        let embedder = try await embedder { progress.say($0) }
        let run = BulkRun(
            jobs: plan.items.map { item in
                BulkJob(
                    item: item,
                    fields: fields,
                    embedder: embedder,
                    output: vectorOutput(plan.outputFormat, of: embedder),
                    skipsBadRecords: onError == .skip,
                    settings: settings(of: item, plan.outputFormat)
                )
            },
            restarts: restart,
            progress: progress
        )
        try await Interruption.stops { try await run.run() }
        await embedder.shutDown()
    }

    private func vectorOutput(_ format: VectorFormat, of embedder: any TextEmbedder) -> VectorOutput {
        VectorOutput(
            format: format,
            numbers: OutputFormat(type: embeddingType, numbers: nil, encoding: nil),
            dimensions: embedder.dimensions
        )
    }

    /// What the octets of an output depend on.
    private func settings(of item: BulkPlan.Item, _ format: VectorFormat) -> [String: String] {
        var settings = [
            "--embedding-type": embeddingType.rawValue, "--truncate": "\(truncate)", "--field": field,
            "--input-format": item.inputFormat.rawValue, "--output-format": format.rawValue,
            "--server": server == nil ? "no" : "yes",
        ]
        settings["--model"] = model
        settings["--task"] = task?.task.rawValue
        settings["--dimensions"] = dimensions.map { "\($0)" }
        settings["--id-field"] = idField
        if server == nil, let model {
            let folder = CheckpointFolder.path(of: model)
            let weights = FileTree.files(in: folder).filter { "\($0)".hasSuffix(".safetensors") }
            settings["model files"] = weights.compactMap { FileStamp(path: "\(folder)/\($0)")?.contents }
                .joined(separator: "; ")
        }
        return settings
    }

    /// What turns texts into vectors.
    ///
    /// - Parameter report: hears of waits.
    private func embedder(report: @escaping @Sendable (String) -> Void) async throws -> any TextEmbedder {
        if let server {
            let endpoint = try ServerEndpoint(server, environment: ProcessInfo.processInfo.environment)
            if endpoint.key != nil, HTTPTransfer.isExposed(endpoint.url) {
                report("warning: EMBED_API_KEY goes over the network in the clear, to \(endpoint.url)")
            }
            return try await RemoteEmbedder(
                endpoint: endpoint,
                options: options,
                connections: connections ?? Self.defaultConnections,
                report: report
            )
        }
        let name = model ?? ""
        let model = try EmbeddingModel(directory: CheckpointFolder.path(of: name), id: name)
        if let dimensions, !model.description.accepts(dimensions: dimensions) {
            let native = model.description.dimensions
            let allowed = model.description.supportsDimensions ? "1 to \(native)" : "\(native)"
            throw ValidationError("--dimensions: this model's vectors can have \(allowed) values")
        }
        if let task = task?.task, !model.description.accepts(task) {
            let served = model.description.tasks.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--task: this model serves only \(served)")
        }
        return LocalEmbedder(model: model, options: options, threads: threads)
    }
}
