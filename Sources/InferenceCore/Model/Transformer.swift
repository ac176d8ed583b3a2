import CKernels

/// A pre-normalised transformer: RMSNorm, rotary embedding, grouped-query attention, SwiGLU.
///
/// One implementation for Qwen3 (causal, q and k normalised per head) and EuroBERT (bidirectional); tensor names and
/// arithmetic are those of Hugging Face's `Qwen3Model` and `EuroBertModel`. Adapters are applied at run time, so rows
/// of all tasks share a step.
///
/// Memory: the residual stream, keys and values are held for all tokens; everything wider for `chunk` tokens at a
/// time. The last layer computes no more than its pooled rows need, unless a row of the step wants the states of all tokens.
struct Transformer: ForwardPass {
    private struct Layer {
        let inputNorm: RMSNorm
        /// Query, key and value side by side.
        let projections: any LinearLayer
        /// Of one head, where the model has them (Qwen3).
        let queryNorm: RMSNorm?
        let keyNorm: RMSNorm?
        let output: any LinearLayer
        let feedForwardNorm: RMSNorm
        /// Gate and up side by side.
        let gateUp: any LinearLayer
        let down: any LinearLayer
    }

    /// Which of the parts of `Layer.projections` are wanted.
    private enum Projection {
        case all, queries, keysAndValues

        var parts: Range<Int> {
            switch self {
            case .all: 0..<3
            case .queries: 0..<1
            case .keysAndValues: 1..<3
            }
        }
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
    private let finalNorm: RMSNorm

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
        let queryWidth = configuration.queryWidth, keyWidth = configuration.keyWidth
        var modules: Set<String> = []

        func norm(_ name: String, _ width: Int) throws(CheckpointError) -> RMSNorm {
            let weight = try weights.tensor("\(prefix)\(name).weight", shape: [width]).widened()
            return RMSNorm(weight: weight, epsilon: configuration.epsilon)
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
        let linear = try LinearLayers(backend: backend)
        var layers: [Layer] = []
        for index in 0..<configuration.layerCount {
            let name = "layers.\(index)."
            layers.append(
                Layer(
                    inputNorm: try norm(name + "input_layernorm", hidden),
                    projections: linear.layer(
                        try part(name + "self_attn.q_proj", queryWidth, hidden),
                        try part(name + "self_attn.k_proj", keyWidth, hidden),
                        try part(name + "self_attn.v_proj", keyWidth, hidden)
                    ),
                    queryNorm: isQwen3 ? try norm(name + "self_attn.q_norm", configuration.headSize) : nil,
                    keyNorm: isQwen3 ? try norm(name + "self_attn.k_norm", configuration.headSize) : nil,
                    output: linear.layer(try part(name + "self_attn.o_proj", hidden, queryWidth)),
                    feedForwardNorm: try norm(name + "post_attention_layernorm", hidden),
                    gateUp: linear.layer(
                        try part(name + "mlp.gate_proj", inner, hidden),
                        try part(name + "mlp.up_proj", inner, hidden)
                    ),
                    down: linear.layer(try part(name + "mlp.down_proj", hidden, inner))
                )
            )
        }
        for adapter in adapters { try adapter.check(modules: modules) }
        finalNorm = try norm("norm", hidden)
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
        let stream = context.stream.rows(tokens, width: width)
        for (token, id) in step.ids.enumerated() {
            embeddings.widen(from: Int(id) * width, count: width, into: stream[token])
        }
        let positions = step.positions
        let chunks = PackedKeysAndValues.chunks(of: step.sequences, size: Self.chunk)
        for (index, layer) in layers.enumerated() {
            let pooled = index == layers.count - 1 ? pooling.singleTokens(of: step) : nil
            // Attention needs the keys and values of all chunks; if there is one chunk, its queries come with them.
            let isWhole = chunks.count == 1 && pooled == nil
            var wholeQueries: Rows?
            let memory = PackedKeysAndValues(
                heads: configuration.keyValueHeads,
                headSize: configuration.headSize,
                sequences: step.sequences,
                in: context
            )
            for chunk in chunks {
                guard yield() else { return nil }
                let projected = project(
                    layer,
                    isWhole ? .all : .keysAndValues,
                    stream.from(chunk.lowerBound),
                    step.segments(in: chunk),
                    positions[chunk],
                    in: context
                )
                let keys = projected.column(isWhole ? configuration.queryWidth : 0)
                memory.pack(keys: keys, values: keys.column(configuration.keyWidth), tokens: chunk, in: context)
                if isWhole { wholeQueries = projected }
            }
            if let pooled { return finish(layer, stream, memory, of: pooled, step, positions, in: context) }
            for chunk in chunks {
                guard yield() else { return nil }
                let segments = step.segments(in: chunk)
                let part = stream.from(chunk.lowerBound)
                let mixed = context.mixed.rows(chunk.count, width: configuration.queryWidth)
                let isComplete = attention.apply(
                    wholeQueries ?? project(layer, .queries, part, segments, positions[chunk], in: context),
                    memory,
                    sequences: step.sequences,
                    tokens: chunk,
                    to: mixed,
                    in: context,
                    yield: yield
                )
                guard isComplete else { return nil }
                layer.output.apply(mixed, segments: segments, to: part, .add, in: context)
                guard yield() else { return nil }
                feedForward(layer, part, segments, in: context)
            }
        }
        normalize(stream, rows: tokens, in: context)
        return pooling.apply(to: stream, width: width, step)
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
        let pooled = context.pooled.rows(tokens.count, width: width)
        for (row, token) in tokens.enumerated() { pooled[row].update(from: stream[token], count: width) }
        let segments = step.rowSegments
        let queries = project(layer, .queries, pooled, segments, tokens.map { positions[$0] }[...], in: context)
        let mixed = context.mixed.rows(tokens.count, width: configuration.queryWidth)
        attention.apply(queries, memory, sequences: step.sequences, singleTokens: tokens, to: mixed, in: context)
        layer.output.apply(mixed, segments: segments, to: pooled, .add, in: context)
        feedForward(layer, pooled, segments, in: context)
        normalize(pooled, rows: tokens.count, in: context)
        return tokens.indices.map { Array(UnsafeBufferPointer(start: pooled[$0], count: width)) }
    }

    /// Queries, keys and values of some rows of the residual stream, side by side; queries and keys normalised per head
    /// where the model does, and turned to their positions.
    private func project(
        _ layer: Layer,
        _ projection: Projection,
        _ stream: Rows,
        _ segments: [AdapterSegment],
        _ positions: ArraySlice<Int>,
        in context: ComputeContext
    ) -> Rows {
        let widths = [configuration.queryWidth, configuration.keyWidth, configuration.keyWidth]
        let width = widths[projection.parts].reduce(0, +)
        let output = context.projections.rows(positions.count, width: width)
        layer.projections.apply(
            stream,
            norm: layer.inputNorm,
            parts: projection.parts,
            segments: segments,
            to: output,
            .replace,
            in: context
        )
        context.pool.forRows(positions.count) { rows, _ in
            for row in rows {
                let position = positions[positions.startIndex + row]
                var x = output[row]
                if projection != .keysAndValues {
                    turn(x, heads: configuration.heads, layer.queryNorm, to: position)
                    x += configuration.queryWidth
                }
                if projection != .queries { turn(x, heads: configuration.keyValueHeads, layer.keyNorm, to: position) }
            }
        }
        return output
    }

    /// Normalises each head where the model does, and turns it to its position.
    private func turn(_ x: UnsafeMutablePointer<Float>, heads: Int, _ norm: RMSNorm?, to position: Int) {
        if let norm {
            let each = Rows(base: x, stride: configuration.headSize)
            norm.apply(each, rows: heads, to: each)
        }
        rotary.apply(x, heads: heads, position: position)
    }

    /// SwiGLU (Shazeer 2020), added to the residual stream: x += down(silu(gate(n)) · up(n)), n = norm(x).
    private func feedForward(
        _ layer: Layer,
        _ stream: Rows,
        _ segments: [AdapterSegment],
        in context: ComputeContext
    ) {
        guard let rows = segments.last?.rows.upperBound else { return }
        let wide = context.wide.rows(rows, width: configuration.intermediateSize)
        layer.gateUp.apply(
            stream,
            norm: layer.feedForwardNorm,
            segments: segments,
            to: wide,
            .replaceWithSwiGLU,
            in: context
        )
        layer.down.apply(wide, segments: segments, to: stream, .add, in: context)
    }

    /// The last normalisation, in place.
    private func normalize(_ x: Rows, rows: Int, in context: ComputeContext) {
        context.pool.forRows(rows) { part, _ in
            let own = x.from(part.lowerBound)
            finalNorm.apply(own, rows: part.count, to: own)
        }
    }
}
