import ArgumentParser
import FoundationEssentials
import HTTPCore
import InferenceCore

extension EmbedCommand {
    private var isPacked: Bool { embeddingType == .binary || embeddingType == .ubinary }

    private var fields: RecordText.Fields { RecordText.Fields(text: field, id: idField) }

    private var options: VectorOptions {
        VectorOptions(model: model, task: task?.task, dimensions: dimensions, truncate: truncate)
    }

    /// Embeds a stream into standard output.
    func stream() async throws {
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

    /// Embeds files into files.
    func embed(into output: String) async throws {
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
                    settings: settings(of: item, plan.outputFormat, embedder.dimensions)
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
    ///
    /// - Parameter dimensions: values of a vector, which a server decides.
    private func settings(of item: BulkPlan.Item, _ format: VectorFormat, _ dimensions: Int) -> [String: String] {
        var settings = [
            "--embedding-type": embeddingType.rawValue, "--truncate": "\(truncate)", "--field": field,
            "--input-format": item.inputFormat.rawValue, "--output-format": format.rawValue,
            "--server": server == nil ? "no" : "yes", "values of a vector": "\(dimensions)",
        ]
        settings["--model"] = model
        settings["--task"] = task?.task.rawValue
        settings["--dimensions"] = self.dimensions.map { "\($0)" }
        settings["--id-field"] = idField
        if server == nil, let model {
            let folder = CheckpointFolder.path(of: model)
            settings["model files"] = FileTree.files(in: folder)
                .compactMap { file in FileStamp(path: "\(folder)/\(file)").map { "\(file): \($0.contents)" } }
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
