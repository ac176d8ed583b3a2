import ArgumentParser
import InferenceCore

/// `embed-server bench`.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure a model on this machine: queries, passages, long inputs, and how close it is to the limit.",
        discussion: """
            Embeds texts of its own through the engine that `serve` uses, with the adapter active where the model has \
            one, in alternating rounds, and prints medians. The peak is what fused multiply-adds between registers \
            and reads of memory reach in the same run on the same threads. Use it on an idle machine.
            """
    )

    @Option(help: ArgumentHelp("The folder of the checkpoint, or the name of a model in the store.", valueName: "DIR"))
    var model: String

    @Option(
        help: "Measure everything with this task (default: queries as retrieval.query, the rest as retrieval.passage)."
    )
    var task: TaskOption?

    @Option(help: "Compute threads (default: one per CPU the process may use).")
    var threads: Int?

    @Option(help: "About how long to measure, in seconds; at least five rounds are run. Give large models more.")
    var seconds = 30

    @Flag(help: "Measure one input of the model's limit too, however long it takes: minutes, with a large model.")
    var longest = false

    @Flag(help: "Print one JSON object instead of a table.")
    var json = false

    func validate() throws {
        if let threads, threads < 1 { throw ValidationError("--threads: expected 1 or more") }
        if seconds < 1 { throw ValidationError("--seconds: expected 1 or more") }
    }

    func run() async throws {
        let loaded = try EmbeddingModel(directory: CheckpointFolder.path(of: model), id: model)
        if let task = task?.task, !loaded.description.accepts(task) {
            let served = loaded.description.tasks.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--task: this model serves only \(served)")
        }
        var configuration = EngineConfiguration()
        configuration.threads = threads
        // One caller that waits for its own work: there is nobody to protect from it.
        configuration.queueTokens = .max
        let engine = EmbeddingEngine(models: [loaded], configuration: configuration)
        let queryTask = taskOrDefault(.retrievalQuery, loaded)
        let passageTask = taskOrDefault(.retrievalPassage, loaded)
        let runner = BenchRunner(
            model: loaded,
            engine: engine,
            queryTask: queryTask,
            passageTask: passageTask,
            budget: .seconds(seconds),
            longest: longest
        )
        let facts = BenchReport.Facts(
            cpu: CPUName.current,
            threads: engine.threadCount,
            kernels: EmbeddingEngine.kernelName,
            model: model,
            parameters: loaded.description.parameterCount,
            weights: loaded.description.weightType,
            tasks: loaded.description.tasks.isEmpty ? [] : [queryTask, passageTask].compactMap { $0?.rawValue }
        )
        let report = try await runner.run(facts: facts)
        await engine.shutDown()
        var output = StandardOutput()
        for line in json ? [report.json] : report.table.map({ Array($0.utf8) }) { try output.write(line: line) }
        try output.flush()
    }

    /// The task asked for; else `task` where the model tells it apart, or its own default.
    private func taskOrDefault(_ task: EmbeddingTask, _ model: EmbeddingModel) -> EmbeddingTask? {
        if let asked = self.task?.task { return model.description.tasks.isEmpty ? nil : asked }
        return model.description.tasks.contains(task) ? task : model.description.tasks.first
    }
}
