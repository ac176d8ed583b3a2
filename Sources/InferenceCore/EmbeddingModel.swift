/// A checkpoint in memory: tokenizer, weights, pooling, prompts.
///
/// The backbone is chosen by `model_type` of `config.json`; tokenizer, pooling, length limit and prompts by the files
/// beside it.
public final class EmbeddingModel: Sendable {
    /// What the model is.
    public let description: ModelDescription
    /// Its tokenizer and prompts.
    public let encoder: TextEncoder

    let backbone: any ForwardPass
    let normalizes: Bool

    /// Maps and checks a checkpoint in sentence-transformers layout.
    ///
    /// - Parameters:
    ///   - directory: the folder that holds `config.json`, `tokenizer.json` and `model.safetensors`.
    ///   - id: the name to serve it under.
    public init(directory: String, id: String) throws(CheckpointError) {
        let configuration = try JSONFile(path: directory + "/config.json")
        let architecture = try configuration.string("model_type")
        let layout = try SentenceTransformersLayout.read(directory: directory)
        encoder = try TextEncoder(directory: directory, layout: layout)
        let tokenizer = encoder.tokenizer
        let weights = try SafetensorsFile(path: directory + "/model.safetensors")

        let maximumPositions: Int
        let dimensions: Int
        switch architecture {
        case "bert":
            let bert = try BERT.Configuration(configuration)
            guard tokenizer.vocabularySize <= bert.vocabularySize else {
                throw CheckpointError(
                    file: directory + "/tokenizer.json",
                    reason: "has ids up to \(tokenizer.vocabularySize - 1), the model \(bert.vocabularySize) embeddings"
                )
            }
            // Without modules.json sentence-transformers takes the mean, and so do we.
            backbone = try BERT(configuration: bert, weights: weights, pooling: layout?.pooling ?? .mean)
            maximumPositions = bert.maximumPositions
            dimensions = bert.hiddenSize
        default:
            throw configuration.fault("model_type", "\"\(architecture)\" is not supported (\"bert\" is)")
        }
        normalizes = layout?.normalizes ?? false
        let weightType = weights.tensors.values.first { $0.type.isFloatingPoint && $0.shape.count == 2 }?.type
        description = ModelDescription(
            id: id,
            architecture: architecture,
            dimensions: dimensions,
            supportsDimensions: false,
            maximumTokens: min(maximumPositions, layout?.maximumTokens ?? .max),
            tasks: [],
            parameterCount: backbone.parameterCount,
            weightType: (weightType ?? .float32).rawValue,
            vocabularySize: tokenizer.vocabularySize,
            decodesCL100K: tokenizer.decodesCL100K
        )
    }
}

extension EmbeddingModel {
    /// The ids of every input of a request, each within the model's limit.
    func encode(_ request: EmbeddingRequest) throws(EmbeddingError) -> [Encoding] {
        var encodings: [Encoding] = []
        encodings.reserveCapacity(request.inputs.count)
        for (index, input) in request.inputs.enumerated() {
            encodings.append(try encode(input, at: index, of: request))
        }
        return encodings
    }

    private func encode(
        _ input: EmbeddingInput,
        at index: Int,
        of request: EmbeddingRequest
    ) throws(EmbeddingError) -> Encoding {
        let limit = description.maximumTokens
        let encoding: Encoding
        switch input {
        case .text(let text):
            encoding = encoder.encode(text, task: request.task, limit: limit)
        case .tokens(let ids):
            guard !ids.isEmpty else { throw .emptyTokens(index: index) }
            for id in ids where id < 0 || id >= description.vocabularySize {
                throw .tokenOutOfRange(index: index, id: id, vocabularySize: description.vocabularySize)
            }
            encoding = Encoding(ids: Array(ids.prefix(limit)), truncated: ids.count > limit)
        }
        guard request.truncate || !encoding.truncated else { throw .inputTooLong(index: index, limit: limit) }
        return encoding
    }
}
