/// The floating-point operations that a forward pass needs.
///
/// Two for each multiply-add of a matrix product, whatever a kernel makes of them. Norms, activations, softmax and rotary
/// embedding are left out.
struct ForwardCost: Sendable {
    /// A linear layer: y = x Wᵀ, W `[outputs, inputs]`.
    struct Product: Sendable {
        let inputs: Int
        let outputs: Int
    }

    /// Transformer blocks.
    let layerCount: Int
    /// Heads × head size.
    let attentionWidth: Int
    /// Whether a token attends to itself and the ones before only.
    let isCausal: Bool
    /// Keys and values of one block.
    let keysAndValues: [Product]
    /// What one block computes per query: queries, attention output, feed-forward network.
    let others: [Product]
    /// Those of `others` that `ForwardPass.widestLayers` holds.
    let widest: [Product]
    /// Whether the last block computes `others` for one token of each row only.
    let prunesLastLayer: Bool
    /// The rank of each adapter.
    let ranks: [Double]

    /// Operations of a step of rows with these lengths in tokens.
    func operations(lengths: [Int], adapter: Int?) -> Double {
        let tokens = Double(lengths.reduce(0, +))
        var total = Double(layerCount) * tokens * operations(keysAndValues, adapter)
        total += fullLayers * tokens * operations(others, adapter)
        total += fullLayers * lengths.reduce(0) { $0 + attention(tokens: $1) }
        if prunesLastLayer {
            total += Double(lengths.count) * operations(others, adapter)
            total += 4 * tokens * Double(attentionWidth)
        }
        return total
    }

    /// The operations of a row of so many tokens as a number of tokens: what attention adds to the linear layers makes
    /// a token of a long row count for more.
    func work(tokens: Int) -> Int {
        let linear = Double(layerCount) * operations(keysAndValues, nil) + fullLayers * operations(others, nil)
        return tokens + Int(fullLayers * attention(tokens: tokens) / linear)
    }

    /// Operations of one row through one of the widest layers.
    func widestOperations(adapter: Int?) -> Double { operations(widest, adapter) }

    /// Blocks that compute everything for every token.
    private var fullLayers: Double { Double(prunesLastLayer ? layerCount - 1 : layerCount) }

    /// Scores and weighted sums of one row in one block.
    private func attention(tokens: Int) -> Double {
        let pairs = isCausal ? Double(tokens) * Double(tokens + 1) / 2 : Double(tokens) * Double(tokens)
        return 4 * pairs * Double(attentionWidth)
    }

    /// One token through linear layers and their low-rank updates.
    private func operations(_ products: [Product], _ adapter: Int?) -> Double {
        let rank = adapter.map { ranks[$0] } ?? 0
        return products.reduce(0) {
            $0 + 2 * Double($1.inputs * $1.outputs) + 2 * rank * Double($1.inputs + $1.outputs)
        }
    }
}

extension ForwardCost {
    /// A pre-normalised transformer with SwiGLU, whose adapters have updates for every linear layer.
    init(_ configuration: TransformerConfiguration, isCausal: Bool, pooling: Pooling, adapters: [AdapterFile]) {
        let hidden = configuration.hiddenSize, inner = configuration.intermediateSize
        let width = configuration.heads * configuration.headSize
        let keyWidth = configuration.keyValueHeads * configuration.headSize
        let gateUp = [Product(inputs: hidden, outputs: inner), Product(inputs: hidden, outputs: inner)]
        let keysAndValues = [Product(inputs: hidden, outputs: keyWidth), Product(inputs: hidden, outputs: keyWidth)]
        let others =
            [Product(inputs: hidden, outputs: width), Product(inputs: width, outputs: hidden)] + gateUp
            + [Product(inputs: inner, outputs: hidden)]
        let parametersOfRank1 =
            configuration.layerCount * (keysAndValues + others).reduce(0) { $0 + $1.inputs + $1.outputs }
        self.init(
            layerCount: configuration.layerCount,
            attentionWidth: width,
            isCausal: isCausal,
            keysAndValues: keysAndValues,
            others: others,
            widest: gateUp,
            prunesLastLayer: pooling != .mean,
            ranks: adapters.map { Double($0.parameterCount) / Double(parametersOfRank1) }
        )
    }

    /// BERT.
    init(_ configuration: BERT.Configuration) {
        let hidden = configuration.hiddenSize, inner = configuration.intermediateSize
        let square = Product(inputs: hidden, outputs: hidden)
        let intermediate = Product(inputs: hidden, outputs: inner)
        self.init(
            layerCount: configuration.layerCount,
            attentionWidth: hidden,
            isCausal: false,
            keysAndValues: [square, square],
            others: [square, square, intermediate, Product(inputs: inner, outputs: hidden)],
            widest: [intermediate],
            prunesLastLayer: false,
            ranks: []
        )
    }
}
