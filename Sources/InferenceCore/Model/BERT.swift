import CKernels

/// BERT (Devlin and others, 2019) as an encoder: learned absolute positions, post-layer normalisation, GELU.
///
/// Tensor names and arithmetic are those of Hugging Face's `BertModel`.
struct BERT: ForwardPass {
    /// `config.json` of the checkpoint.
    struct Configuration: Sendable {
        let hiddenSize: Int
        let layerCount: Int
        let heads: Int
        let intermediateSize: Int
        let vocabularySize: Int
        let maximumPositions: Int
        let tokenTypes: Int
        let epsilon: Float

        init(_ file: JSONFile) throws(CheckpointError) {
            hiddenSize = try file.positive("hidden_size")
            layerCount = try file.positive("num_hidden_layers")
            heads = try file.positive("num_attention_heads")
            intermediateSize = try file.positive("intermediate_size")
            vocabularySize = try file.positive("vocab_size")
            maximumPositions = try file.positive("max_position_embeddings")
            tokenTypes = try file.positive("type_vocab_size", or: 2)
            epsilon = Float(try file.positiveReal("layer_norm_eps", or: 1e-12))
            guard hiddenSize % heads == 0 else {
                throw file.fault("num_attention_heads", "does not divide hidden_size \(hiddenSize)")
            }
            let activation = try file.string("hidden_act", or: "gelu")
            guard activation == "gelu" else {
                throw file.fault("hidden_act", "\"\(activation)\" is not supported (\"gelu\" is)")
            }
            let positions = try file.string("position_embedding_type", or: "absolute")
            guard positions == "absolute" else {
                throw file.fault("position_embedding_type", "\"\(positions)\" is not supported (\"absolute\" is)")
            }
            guard try !file.bool("is_decoder", or: false) else {
                throw file.fault("is_decoder", "decoders are not supported")
            }
        }
    }

    private struct LayerNorm {
        let weight: [Float]
        let bias: [Float]
        let epsilon: Float

        /// Normalises rows in place; `residual`, added first, has their distance.
        func apply(_ x: Rows, adding residual: Rows?, rows: Int, in context: ComputeContext) {
            context.pool.forRows(rows) { part, _ in
                let (own, added) = (x[part.lowerBound], residual?[part.lowerBound])
                Kernels.best.layer_norm(own, added, x.stride, weight, bias, epsilon, own, part.count, weight.count)
            }
        }
    }

    private struct Layer {
        /// Query, key and value side by side.
        let projections: any LinearLayer
        let attentionOutput: any LinearLayer
        let attentionNorm: LayerNorm
        let intermediate: any LinearLayer
        let output: any LinearLayer
        let outputNorm: LayerNorm
    }

    let parameterCount: Int
    let cost: ForwardCost
    var widestLayers: [any LinearLayer] { layers.map(\.intermediate) }
    /// How the matrices are stored.
    var weightType: TensorType { wordEmbeddings.type }
    private let configuration: Configuration
    private let pooling: Pooling
    private let attention: Attention
    private let wordEmbeddings: Tensor
    private let positionEmbeddings: Tensor
    private let tokenType: [Float]
    private let embeddingNorm: LayerNorm
    private let layers: [Layer]

    /// Finds and checks every tensor.
    init(
        configuration: Configuration,
        weights: SafetensorsFile,
        pooling: Pooling,
        backend: ComputeBackend
    ) throws(CheckpointError) {
        let hidden = configuration.hiddenSize
        let prefix = weights.tensors["bert.embeddings.word_embeddings.weight"] == nil ? "" : "bert."
        func tensor(_ name: String, _ shape: [Int]) throws(CheckpointError) -> Tensor {
            try weights.tensor(prefix + name, shape: shape)
        }
        func norm(_ name: String) throws(CheckpointError) -> LayerNorm {
            LayerNorm(
                weight: try tensor(name + ".weight", [hidden]).widened(),
                bias: try tensor(name + ".bias", [hidden]).widened(),
                epsilon: configuration.epsilon
            )
        }
        func part(_ name: String, _ outputs: Int, _ inputs: Int) throws(CheckpointError) -> LinearPart {
            LinearPart(
                weight: try tensor(name + ".weight", [outputs, inputs]),
                bias: try tensor(name + ".bias", [outputs])
            )
        }
        self.configuration = configuration
        cost = ForwardCost(configuration)
        self.pooling = pooling
        attention = Attention(
            heads: configuration.heads,
            keyValueHeads: configuration.heads,
            headSize: hidden / configuration.heads,
            causal: false
        )
        wordEmbeddings = try tensor("embeddings.word_embeddings.weight", [configuration.vocabularySize, hidden])
        positionEmbeddings = try tensor(
            "embeddings.position_embeddings.weight",
            [configuration.maximumPositions, hidden]
        )
        tokenType = Array(
            try tensor("embeddings.token_type_embeddings.weight", [configuration.tokenTypes, hidden]).widened().prefix(
                hidden
            )
        )
        embeddingNorm = try norm("embeddings.LayerNorm")
        let linear = try LinearLayers(backend: backend)
        var layers: [Layer] = []
        for index in 0..<configuration.layerCount {
            let name = "encoder.layer.\(index)."
            layers.append(
                Layer(
                    projections: linear.layer(
                        try part(name + "attention.self.query", hidden, hidden),
                        try part(name + "attention.self.key", hidden, hidden),
                        try part(name + "attention.self.value", hidden, hidden)
                    ),
                    attentionOutput: linear.layer(try part(name + "attention.output.dense", hidden, hidden)),
                    attentionNorm: try norm(name + "attention.output.LayerNorm"),
                    intermediate: linear.layer(
                        try part(name + "intermediate.dense", configuration.intermediateSize, hidden)
                    ),
                    output: linear.layer(try part(name + "output.dense", hidden, configuration.intermediateSize)),
                    outputNorm: try norm(name + "output.LayerNorm")
                )
            )
        }
        self.layers = layers
        parameterCount = weights.tensors.values.reduce(0) { $0 + ($1.type.isFloatingPoint ? $1.count : 0) }
    }

    func forward(_ step: PackedStep, in context: ComputeContext, yield: () -> Bool) -> [[Float]]? {
        let rows = step.tokenCount
        let width = configuration.hiddenSize
        let stream = context.stream.rows(rows, width: width)
        let projections = context.projections.rows(rows, width: 3 * width)  // q | k | v
        let mixed = context.mixed.rows(rows, width: width)
        let wide = context.wide.rows(rows, width: configuration.intermediateSize)
        let all = [AdapterSegment(rows: 0..<rows, adapter: nil)]

        embed(step, into: stream, in: context)
        for layer in layers {
            guard yield() else { return nil }
            // Self-attention, with its residual and normalisation.
            layer.projections.apply(stream, segments: all, to: projections, .replace, in: context)
            let memory = PackedKeysAndValues(
                heads: configuration.heads,
                headSize: width / configuration.heads,
                sequences: step.sequences,
                in: context
            )
            memory.pack(
                keys: projections.column(width),
                values: projections.column(2 * width),
                tokens: 0..<rows,
                in: context
            )
            let isComplete = attention.apply(
                projections,
                memory,
                sequences: step.sequences,
                tokens: 0..<rows,
                to: mixed,
                in: context,
                yield: yield
            )
            guard isComplete, yield() else { return nil }
            let attended = Rows(base: projections.base, stride: stream.stride)  // its values are used up
            layer.attentionOutput.apply(mixed, segments: all, to: attended, .replace, in: context)
            layer.attentionNorm.apply(attended, adding: stream, rows: rows, in: context)
            // Feed-forward, the same way.
            layer.intermediate.apply(attended, segments: all, to: wide, .replaceWithGELU, in: context)
            guard yield() else { return nil }
            layer.output.apply(wide, segments: all, to: stream, .replace, in: context)
            layer.outputNorm.apply(stream, adding: attended, rows: rows, in: context)
        }
        return pooling.apply(to: stream, width: width, step)
    }

    /// The sum of word, position and token-type embeddings, normalised.
    private func embed(_ step: PackedStep, into stream: Rows, in context: ComputeContext) {
        let width = configuration.hiddenSize
        let position = context.scratch(0).reserve(width)
        for sequence in step.sequences {
            for token in sequence {
                let row = stream[token]
                wordEmbeddings.widen(from: Int(step.ids[token]) * width, count: width, into: row)
                positionEmbeddings.widen(from: (token - sequence.lowerBound) * width, count: width, into: position)
                Kernels.best.add(row, position, width)
                Kernels.best.add(row, tokenType, width)
            }
        }
        embeddingNorm.apply(stream, adding: nil, rows: step.tokenCount, in: context)
    }
}
