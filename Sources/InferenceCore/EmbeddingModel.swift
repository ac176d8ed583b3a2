/// A checkpoint in memory: tokenizer, weights, adapters, pooling, prompts.
///
/// The backbone is chosen by `model_type` of `config.json`; tokenizer, pooling, length limit and prompts by the files
/// beside it.
public final class EmbeddingModel: Sendable {
    /// What the model is.
    public let description: ModelDescription
    /// Which code multiplies its matrices.
    public let backend: ComputeBackend
    /// Its tokenizer and prompts.
    public let encoder: TextEncoder

    let backbone: any ForwardPass
    let normalizes: Bool
    /// The names of the adapters, in the order that the backbone counts them.
    public let adapters: [String]

    /// Maps and checks a checkpoint in sentence-transformers layout.
    ///
    /// - Parameters:
    ///   - directory: the folder that holds `config.json`, `tokenizer.json` and `model.safetensors`.
    ///   - id: the name to serve it under. If it ends in an adapter's name, as those of the published single-task
    ///     checkpoints do (`...-retrieval`), the model serves that task only.
    ///   - backend: which code multiplies matrices.
    public init(directory: String, id: String, backend: ComputeBackend = .native) throws(CheckpointError) {
        let configuration = try JSONFile(path: directory + "/config.json")
        let architecture = try configuration.string("model_type")
        let layout = try SentenceTransformersLayout.read(directory: directory)
        let weights = try SafetensorsFile(path: directory + "/model.safetensors")
        let parts: Parts
        switch architecture {
        case "bert":
            parts = try Self.bert(configuration, weights, layout, backend)
        case "jina_embeddings_v5", "qwen3", "eurobert":
            parts = try Self.transformer(configuration, weights, layout, backend, directory: directory)
        default:
            let known = ["bert", "eurobert", "jina_embeddings_v5", "qwen3"].joined(separator: ", ")
            throw configuration.fault("model_type", "\"\(architecture)\" is not supported (\(known) are)")
        }
        let encoder = try TextEncoder(directory: directory, configuration: configuration, layout: layout)
        guard encoder.tokenizer.vocabularySize <= parts.vocabularySize else {
            throw CheckpointError(
                file: directory + "/tokenizer.json",
                reason: "has ids up to \(encoder.tokenizer.vocabularySize - 1), "
                    + "the model only \(parts.vocabularySize) embeddings: it belongs to another model"
            )
        }
        self.encoder = encoder
        self.backend = backend
        backbone = parts.backbone
        adapters = parts.adapters
        normalizes = parts.normalizes
        description = ModelDescription(
            id: id,
            architecture: architecture,
            dimensions: parts.dimensions,
            supportsDimensions: parts.isMatryoshka,
            maximumTokens: min(parts.maximumPositions, layout?.maximumTokens ?? .max),
            tasks: Self.tasks(adapters: parts.adapters, prompts: layout?.prompts ?? [:], id: id),
            parameterCount: backbone.parameterCount,
            weightType: parts.weightType.rawValue,
            vocabularySize: encoder.tokenizer.vocabularySize,
            decodesCL100K: encoder.tokenizer.decodesCL100K,
            pooling: parts.pooling.rawValue
        )
    }

    /// The adapter of a task, as the backbone counts them; `nil` where the model has none.
    func adapter(for task: EmbeddingTask?) -> Int? {
        (task ?? encoder.defaultTask).flatMap { adapters.firstIndex(of: $0.adapterName) }
    }

    /// The adapter that embeds for a task; `nil` where the model has none.
    public func adapterName(for task: EmbeddingTask?) -> String? {
        adapter(for: task).map { adapters[$0] }
    }

    /// What the loaders of the architectures find out.
    private struct Parts {
        var backbone: any ForwardPass
        var adapters: [String] = []
        var normalizes: Bool
        var dimensions: Int
        var isMatryoshka: Bool
        var maximumPositions: Int
        var vocabularySize: Int
        var weightType: TensorType
        var pooling: Pooling
    }

    private static func bert(
        _ file: JSONFile,
        _ weights: SafetensorsFile,
        _ layout: SentenceTransformersLayout?,
        _ backend: ComputeBackend
    ) throws(CheckpointError) -> Parts {
        let configuration = try BERT.Configuration(file)
        // Without modules.json sentence-transformers takes the mean, and so do we.
        let pooling = layout?.pooling ?? .mean
        let bert = try BERT(
            configuration: configuration,
            weights: weights,
            pooling: pooling,
            backend: backend
        )
        return Parts(
            backbone: bert,
            normalizes: layout?.normalizes ?? false,
            dimensions: configuration.hiddenSize,
            isMatryoshka: false,
            maximumPositions: configuration.maximumPositions,
            vocabularySize: configuration.vocabularySize,
            weightType: bert.weightType,
            pooling: pooling
        )
    }

    private static func transformer(
        _ file: JSONFile,
        _ weights: SafetensorsFile,
        _ layout: SentenceTransformersLayout?,
        _ backend: ComputeBackend,
        directory: String
    ) throws(CheckpointError) -> Parts {
        let configuration = try TransformerConfiguration(file)
        let adapters = try AdapterFile.readAll(directory: directory)
        for name in file.strings("task_names") where !adapters.contains(where: { $0.name == name }) {
            throw CheckpointError(
                file: "\(directory)/adapters/\(name)/adapter_config.json",
                reason: "is missing, config.json lists \(name) in \"task_names\""
            )
        }
        // jina-embeddings-v5 pools and normalises in code of its own, which says last token and unit length.
        let isJina = try file.string("model_type") == "jina_embeddings_v5"
        guard isJina || layout != nil else {
            throw CheckpointError(file: directory + "/modules.json", reason: "is missing: it says how to pool")
        }
        let pooling = isJina ? .lastToken : layout?.pooling ?? .lastToken
        let transformer = try Transformer(
            configuration: configuration,
            weights: weights,
            adapters: adapters,
            pooling: pooling,
            backend: backend
        )
        return Parts(
            backbone: transformer,
            adapters: adapters.map(\.name),
            normalizes: isJina || layout?.normalizes == true,
            dimensions: configuration.hiddenSize,
            isMatryoshka: true,
            maximumPositions: configuration.maximumPositions,
            vocabularySize: configuration.vocabularySize,
            weightType: transformer.weightType,
            pooling: pooling
        )
    }

    /// The tasks a model tells apart: by its adapters; without adapters by its name, else by its prompts.
    private static func tasks(adapters: [String], prompts: [String: String], id: String) -> [EmbeddingTask] {
        let all = EmbeddingTask.allCases
        guard adapters.isEmpty else { return all.filter { adapters.contains($0.adapterName) } }
        let named = all.filter { id.hasSuffix("-" + $0.adapterName) }
        guard named.isEmpty else { return named }
        return prompts.isEmpty ? [] : all
    }
}
