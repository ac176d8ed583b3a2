import CKernels

/// A pre-normalised transformer: RMSNorm, rotary embedding, grouped-query attention, SwiGLU.
///
/// One implementation for Qwen3 (causal, q and k normalised per head) and EuroBERT (bidirectional); tensor names and
/// arithmetic are those of Hugging Face's `Qwen3Model` and `EuroBertModel`. Adapters are applied at run time, so rows
/// of all tasks share a step.
///
/// Memory: the residual stream, keys and values are held for all tokens; everything wider for `chunk` tokens at a
/// time. The last layer computes no more than its pooled rows need.
struct Transformer: ForwardPass {
    private struct Layer {
        let inputNorm: [Float]
        let query: any LinearLayer
        /// Key and value side by side.
        let keyValue: any LinearLayer
        /// RMSNorm weights of one head, where the model has them (Qwen3).
        let queryNorm: [Float]?
        let keyNorm: [Float]?
        let output: any LinearLayer
        let feedForwardNorm: [Float]
        /// Gate and up side by side.
        let gateUp: any LinearLayer
        let down: any LinearLayer
    }

    /// Tokens whose queries and feed-forward activations are held at a time.
    ///
    /// Between chunks the step yields.
    private static let chunk = 512

    let parameterCount: Int
    let cost: ForwardCost
    var widestLayers: [any LinearLayer] { layers.map(\.gateUp) }
    /// How the matrices are stored.
    var weightType: TensorType { embeddings.type }
    private let configuration: TransformerConfiguration
    private let pooling: Pooling
    private let attention: Attention
    private let rotary: RotaryEmbedding
    private let embeddings: Tensor
    private let layers: [Layer]
    private let finalNorm: [Float]

    /// Finds and checks every tensor of model and adapters.
    ///
    /// Whether the model is causal follows from the family: Qwen3 normalises q and k per head and is causal, EuroBERT
    /// does neither. The weights tell which, since jina-embeddings-v5 calls both by one `model_type`.
    init(
        configuration: TransformerConfiguration,
        weights: SafetensorsFile,
        adapters: [AdapterFile],
        pooling: Pooling,
        backend: ComputeBackend
    ) throws(CheckpointError) {
        let prefix = weights.tensors["model.embed_tokens.weight"] == nil ? "" : "model."
        let isQwen3 = weights.tensors[prefix + "layers.0.self_attn.q_norm.weight"] != nil
        let hidden = configuration.hiddenSize, inner = configuration.intermediateSize
        let queryWidth = configuration.heads * configuration.headSize
        let keyWidth = configuration.keyValueHeads * configuration.headSize
        var modules: Set<String> = []

        func vector(_ name: String, _ count: Int) throws(CheckpointError) -> [Float] {
            try weights.tensor(prefix + name, shape: [count]).widened()
        }
        func part(_ module: String, _ outputs: Int, _ inputs: Int) throws(CheckpointError) -> LinearPart {
            modules.insert(module)
            var part = LinearPart(weight: try weights.tensor("\(prefix)\(module).weight", shape: [outputs, inputs]))
            for adapter in adapters {
                part.updates.append(try adapter.update(of: module, outputs: outputs, inputs: inputs))
            }
            return part
        }

        embeddings = try weights.tensor(prefix + "embed_tokens.weight", shape: [configuration.vocabularySize, hidden])
        var layers: [Layer] = []
        for index in 0..<configuration.layerCount {
            let name = "layers.\(index)."
            layers.append(
                Layer(
                    inputNorm: try vector(name + "input_layernorm.weight", hidden),
                    query: backend.layer(try part(name + "self_attn.q_proj", queryWidth, hidden)),
                    keyValue: backend.layer(
                        try part(name + "self_attn.k_proj", keyWidth, hidden),
                        try part(name + "self_attn.v_proj", keyWidth, hidden)
                    ),
                    queryNorm: isQwen3 ? try vector(name + "self_attn.q_norm.weight", configuration.headSize) : nil,
                    keyNorm: isQwen3 ? try vector(name + "self_attn.k_norm.weight", configuration.headSize) : nil,
                    output: backend.layer(try part(name + "self_attn.o_proj", hidden, queryWidth)),
                    feedForwardNorm: try vector(name + "post_attention_layernorm.weight", hidden),
                    gateUp: backend.layer(
                        try part(name + "mlp.gate_proj", inner, hidden),
                        try part(name + "mlp.up_proj", inner, hidden)
                    ),
                    down: backend.layer(try part(name + "mlp.down_proj", hidden, inner))
                )
            )
        }
        for adapter in adapters { try adapter.check(modules: modules) }
        finalNorm = try vector("norm.weight", hidden)
        self.layers = layers
        self.configuration = configuration
        self.pooling = pooling
        attention = Attention(
            heads: configuration.heads,
            keyValueHeads: configuration.keyValueHeads,
            headSize: configuration.headSize,
            causal: isQwen3
        )
        rotary = RotaryEmbedding(
            headSize: configuration.headSize,
            theta: configuration.ropeTheta,
            positions: configuration.maximumPositions
        )
        cost = ForwardCost(configuration, isCausal: isQwen3, pooling: pooling, adapters: adapters)
        parameterCount =
            weights.tensors.values.reduce(0) { $0 + $1.count } + adapters.reduce(0) { $0 + $1.parameterCount }
    }

    func forward(_ step: PackedStep, in context: ComputeContext, yield: () -> Bool) -> [[Float]]? {
        let tokens = step.tokenCount
        let width = configuration.hiddenSize
        let stream = Rows(base: context.stream.reserve(tokens * width), stride: width)
        for (token, id) in step.ids.enumerated() {
            embeddings.widen(from: Int(id) * width, count: width, into: stream[token])
        }
        let positions = step.positions
        let chunks = PackedKeysAndValues.chunks(of: step.sequences, size: Self.chunk)
        for (index, layer) in layers.enumerated() {
            guard yield(),
                let memory = projectKeysAndValues(layer, stream, step, chunks, positions, in: context, yield: yield)
            else { return nil }
            if index == layers.count - 1, let pooled = pooling.singleTokens(of: step.sequences) {
                return finish(layer, stream, memory, of: pooled, step, positions, in: context)
            }
            for chunk in chunks {
                guard yield() else { return nil }
                let segments = step.segments(in: chunk)
                let part = stream.from(chunk.lowerBound)
                let queries = projectQueries(layer, part, segments, positions[chunk], in: context)
                let mixed = Rows(base: context.mixed.reserve(chunk.count * queries.stride), stride: queries.stride)
                let isComplete = attention.apply(
                    queries,
                    memory,
                    sequences: step.sequences,
                    tokens: chunk,
                    to: mixed,
                    in: context,
                    yield: yield
                )
                guard isComplete else { return nil }
                layer.output.apply(mixed, segments: segments, to: part, .add, in: context)
                feedForward(layer, part, segments, in: context)
            }
        }
        normalize(stream, rows: tokens, finalNorm, into: stream, in: context)
        return step.sequences.map { pooling.pool(stream.base, width: width, sequence: $0) }
    }

    /// The last layer, for the pooled tokens only.
    ///
    /// Exact: no other token's last state is looked at.
    private func finish(
        _ layer: Layer,
        _ stream: Rows,
        _ memory: PackedKeysAndValues,
        of tokens: [Int],
        _ step: PackedStep,
        _ positions: [Int],
        in context: ComputeContext
    ) -> [[Float]] {
        let width = configuration.hiddenSize
        let pooled = Rows(base: context.pooled.reserve(tokens.count * width), stride: width)
        for (row, token) in tokens.enumerated() { pooled[row].update(from: stream[token], count: width) }
        let segments = step.rowSegments
        let queries = projectQueries(layer, pooled, segments, tokens.map { positions[$0] }[...], in: context)
        let mixed = Rows(base: context.mixed.reserve(tokens.count * queries.stride), stride: queries.stride)
        attention.apply(queries, memory, sequences: step.sequences, singleTokens: tokens, to: mixed, in: context)
        layer.output.apply(mixed, segments: segments, to: pooled, .add, in: context)
        feedForward(layer, pooled, segments, in: context)
        normalize(pooled, rows: tokens.count, finalNorm, into: pooled, in: context)
        return tokens.indices.map { Array(UnsafeBufferPointer(start: pooled[$0], count: width)) }
    }

    /// Keys and values of all tokens, keys normalised and turned to their positions.
    private func projectKeysAndValues(
        _ layer: Layer,
        _ stream: Rows,
        _ step: PackedStep,
        _ chunks: [Range<Int>],
        _ positions: [Int],
        in context: ComputeContext,
        yield: () -> Bool
    ) -> PackedKeysAndValues? {
        let heads = configuration.keyValueHeads
        let width = heads * configuration.headSize
        let memory = PackedKeysAndValues(
            heads: heads,
            headSize: configuration.headSize,
            sequences: step.sequences,
            in: context
        )
        for chunk in chunks {
            guard chunk.lowerBound == 0 || yield() else { return nil }
            let segments = step.segments(in: chunk)
            let normed = normalize(stream.from(chunk.lowerBound), rows: chunk.count, layer.inputNorm, in: context)
            let keys = Rows(base: context.keysAndValues.reserve(chunk.count * 2 * width), stride: 2 * width)
            layer.keyValue.apply(normed, segments: segments, to: keys, .replace, in: context)
            position(keys, heads: heads, layer.keyNorm, positions[chunk], in: context)
            memory.pack(keys: keys, values: keys.column(width), tokens: chunk, heads: heads, in: context)
        }
        return memory
    }

    /// Queries of some rows of the residual stream, normalised and turned to their positions.
    private func projectQueries(
        _ layer: Layer,
        _ stream: Rows,
        _ segments: [AdapterSegment],
        _ positions: ArraySlice<Int>,
        in context: ComputeContext
    ) -> Rows {
        let width = configuration.heads * configuration.headSize
        let queries = Rows(base: context.queries.reserve(positions.count * width), stride: width)
        let normed = normalize(stream, rows: positions.count, layer.inputNorm, in: context)
        layer.query.apply(normed, segments: segments, to: queries, .replace, in: context)
        position(queries, heads: configuration.heads, layer.queryNorm, positions, in: context)
        return queries
    }

    /// SwiGLU (Shazeer 2020), added to the residual stream: x += down(silu(gate(n)) · up(n)), n = norm(x).
    private func feedForward(
        _ layer: Layer,
        _ stream: Rows,
        _ segments: [AdapterSegment],
        in context: ComputeContext
    ) {
        guard let rows = segments.last?.rows.upperBound else { return }
        let inner = configuration.intermediateSize
        let gate = Rows(base: context.wide.reserve(rows * 2 * inner), stride: 2 * inner)  // [rows, gate | up]
        let up = gate.column(inner)
        let normed = normalize(stream, rows: rows, layer.feedForwardNorm, in: context)
        layer.gateUp.apply(normed, segments: segments, to: gate, .replace, in: context)
        context.pool.forRows(rows) { part, _ in
            let first = part.lowerBound
            Kernels.best.swiglu(gate[first], up[first], gate.stride, gate[first], gate.stride, part.count, inner)
        }
        layer.down.apply(gate, segments: segments, to: stream, .add, in: context)
    }

    /// Normalises each head where the model does, and turns it to its row's position.
    private func position(
        _ x: Rows,
        heads: Int,
        _ norm: [Float]?,
        _ positions: ArraySlice<Int>,
        in context: ComputeContext
    ) {
        let size = configuration.headSize
        context.pool.forRows(positions.count) { part, _ in
            for row in part {
                if let norm {
                    Kernels.best.rms_norm(x[row], size, norm, configuration.epsilon, x[row], size, heads, size)
                }
                rotary.apply(x[row], heads: heads, position: positions[positions.startIndex + row])
            }
        }
    }

    /// RMSNorm of some rows of the residual stream, into the buffer for such rows.
    private func normalize(_ stream: Rows, rows: Int, _ weight: [Float], in context: ComputeContext) -> Rows {
        let normed = Rows(base: context.normed.reserve(rows * weight.count), stride: weight.count)
        normalize(stream, rows: rows, weight, into: normed, in: context)
        return normed
    }

    private func normalize(_ x: Rows, rows: Int, _ weight: [Float], into output: Rows, in context: ComputeContext) {
        context.pool.forRows(rows) { part, _ in
            let first = part.lowerBound
            Kernels.best.rms_norm(
                x[first],
                x.stride,
                weight,
                configuration.epsilon,
                output[first],
                output.stride,
                part.count,
                weight.count
            )
        }
    }
}
