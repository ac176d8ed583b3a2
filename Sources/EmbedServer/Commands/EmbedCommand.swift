import ArgumentParser
import InferenceCore
import JSONCore

/// `embed-server embed`.
struct EmbedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "embed",
        abstract: "Embed a file of texts without a server.",
        discussion: """
            Reads one JSON string or {"text": "…"} a line and writes one {"embedding": […]} a line, in the same \
            order.
            """
    )

    @Option(help: ArgumentHelp("The folder of the checkpoint, or the name of a model in the store.", valueName: "DIR"))
    var model: String

    @Option(help: "What the vectors are for (default: the model's own choice). Models without tasks ignore it.")
    var task: TaskOption?

    @Option(help: "Keep only this many leading values. For models trained for it (Matryoshka); saves index space.")
    var dimensions: Int?

    @Flag(
        inversion: .prefixedNo,
        help: "Cut inputs over the model's limit and warn, or stop at the first one with an error."
    )
    var truncate = true

    @Option(help: "Compute threads (default: one per CPU the process may use). Lower it to leave CPUs to others.")
    var threads: Int?

    @Argument(help: ArgumentHelp("The file to read; standard input without it.", valueName: "INPUT.jsonl"))
    var input: String?

    func validate() throws {
        if let threads, threads < 1 { throw ValidationError("--threads: expected 1 or more") }
    }

    func run() async throws {
        let model = try EmbeddingModel(directory: CheckpointFolder.path(of: model), id: model)
        if let dimensions, !model.description.accepts(dimensions: dimensions) {
            let native = model.description.dimensions
            let allowed = model.description.supportsDimensions ? "1 to \(native)" : "\(native)"
            throw ValidationError("--dimensions: this model's vectors can have \(allowed) values")
        }
        if let task = task?.task, !model.description.accepts(task) {
            let served = model.description.tasks.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--task: this model serves only \(served)")
        }
        var configuration = EngineConfiguration()
        configuration.threads = threads
        // One caller that waits for its own work: there is nobody to protect from it.
        configuration.queueTokens = .max
        configuration.interactiveWait = nil
        configuration.bulkWait = nil
        let engine = EmbeddingEngine(models: [model], configuration: configuration)
        var input = try self.input.map { path throws(IOError) in try InputFile(path: path) } ?? InputFile()
        try await embed(&input, with: LoadedModel(model: model, engine: engine))
        await engine.shutDown()
    }

    /// Embeds batches of lines until the input ends.
    private func embed(_ input: inout InputFile, with model: LoadedModel) async throws {
        var output = StandardOutput()
        var line = 0
        while let (texts, failure) = try nextBatch(&input, after: line) {
            if !texts.isEmpty { try await embed(texts, after: line, with: model, to: &output) }
            if let failure { throw failure }
            line += texts.count
        }
    }

    private func embed(
        _ texts: [String],
        after line: Int,
        with model: LoadedModel,
        to output: inout StandardOutput
    ) async throws {
        let request = EmbeddingRequest(
            inputs: texts.map(EmbeddingInput.text),
            task: model.description.tasks.isEmpty ? nil : task?.task,
            dimensions: dimensions,
            truncate: truncate
        )
        let result: EmbeddingResult
        do throws(EmbeddingError) {
            result = try await model.embed(request)
        } catch {
            throw Self.explain(error, firstLine: line + 1)
        }
        for (index, vector) in result.vectors.enumerated() {
            if result.truncated[index] {
                StandardError.write("warning: line \(line + index + 1): cut to \(result.tokenCounts[index]) tokens\n")
            }
            try output.write(line: Self.encode(vector))
        }
        try output.flush()
    }

    /// Takes lines until there are enough to keep the engine busy, or until the next one would have to be waited for.
    ///
    /// A bad line ends the batch; those before it are still to be answered.
    private func nextBatch(
        _ input: inout InputFile,
        after line: Int
    ) throws(IOError) -> (texts: [String], failure: LineError?)? {
        var batch: [String] = []
        var size = 0
        while batch.isEmpty || (batch.count < 256 && size < 1 << 20 && input.hasLine) {
            guard let octets = try input.nextLine() else { break }
            do throws(LineError) {
                batch.append(try InputLine.text(octets, number: line + batch.count + 1, allowsObject: true))
            } catch {
                return (batch, error)
            }
            size += octets.count
        }
        return batch.isEmpty ? nil : (batch, nil)
    }

    private static func encode(_ vector: [Float]) -> [UInt8] {
        var writer = JSONWriter(capacity: vector.count * 13 + 16)
        writer.object {
            $0.key("embedding")
            $0.array { for value in vector { $0.value(value) } }
        }
        return writer.bytes
    }

    private static func explain(_ error: EmbeddingError, firstLine: Int) -> any Error {
        switch error {
        case .inputTooLong(let index, let limit):
            LineError(number: firstLine + index, reason: "more than \(limit) tokens, the model's limit")
        case .notFinite(let index):
            LineError(number: firstLine + index, reason: "the model gave no finite vector")
        default: error
        }
    }
}
