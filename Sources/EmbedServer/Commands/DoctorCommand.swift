import ArgumentParser
import InferenceCore

/// `embed-server doctor`.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check a checkpoint: files, weights, adapters, tokenizer, and the vectors it gives on this machine.",
        discussion: """
            Prints what the model is and runs the self-test that `serve` runs before it becomes ready. The exit code \
            is 0 if everything is as it should be. If the folder has a golden.jsonl, with lines of \
            {"text": ..., "task": ..., "embedding": [...]}, the vectors are compared with it as well.
            """
    )

    @Option(help: ArgumentHelp("The folder of the checkpoint, or the name of a model in the store.", valueName: "DIR"))
    var model: String

    func run() async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let loaded = try EmbeddingModel(directory: CheckpointFolder.path(of: model), id: model)
        let engine = EmbeddingEngine(models: [loaded], configuration: EngineConfiguration())
        for (name, value) in facts(of: loaded, engine, loadTime: clock.now - start) { try print(name, value) }
        let findings = try await SelfTest(loaded, of: engine, directory: CheckpointFolder.path(of: model)).run()
        for finding in findings {
            try print("self-test", "\(finding.passed ? "ok" : "FAILED"): \(finding.subject), \(finding.detail)")
        }
        await engine.shutDown()
        guard findings.allSatisfy(\.passed) else { throw ExitCode.failure }
    }

    private func facts(
        of loaded: EmbeddingModel,
        _ engine: EmbeddingEngine,
        loadTime: Duration
    ) -> [(name: String, value: String)] {
        let facts = loaded.description
        let vocabularySize = loaded.encoder.tokenizer.vocabularySize
        return [
            ("checkpoint", model),
            ("backbone", "\(facts.architecture), \(facts.parameterCount) parameters in \(facts.weightType)"),
            ("vectors", "\(facts.dimensions) values\(facts.supportsDimensions ? ", any fewer on request" : "")"),
            ("input", "at most \(facts.maximumTokens) tokens"),
            ("adapters", loaded.adapters.isEmpty ? "none" : loaded.adapters.joined(separator: ", ")),
            ("tasks", facts.tasks.isEmpty ? "not told apart" : facts.tasks.map(\.rawValue).joined(separator: ", ")),
            ("default task", loaded.encoder.defaultTask?.rawValue ?? "none"),
            ("tokenizer", "\(vocabularySize) ids\(facts.decodesCL100K ? ", decodes cl100k_base" : "")"),
            ("compute", "\(engine.threadCount) threads, \(EmbeddingEngine.kernelName) kernels"),
            ("loaded in", "\(loadTime)"),
        ]
    }

    /// Writes a line at once: the self-test of a large model takes a while.
    private func print(_ name: String, _ value: String) throws {
        var output = StandardOutput()
        try output.write(line: Array((name + String(repeating: " ", count: max(1, 14 - name.count)) + value).utf8))
        try output.flush()
    }
}
