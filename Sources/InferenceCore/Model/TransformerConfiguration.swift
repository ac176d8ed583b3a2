import JSONCore

/// `config.json` of a decoder-style transformer: Qwen3, EuroBERT, or jina-embeddings-v5 on either.
struct TransformerConfiguration: Sendable {
    let hiddenSize: Int
    let layerCount: Int
    let heads: Int
    let keyValueHeads: Int
    let headSize: Int
    let intermediateSize: Int
    let vocabularySize: Int
    let maximumPositions: Int
    let epsilon: Float
    let ropeTheta: Double

    /// Values of a token's queries.
    var queryWidth: Int { heads * headSize }
    /// Values of a token's keys, and of its values.
    var keyWidth: Int { keyValueHeads * headSize }

    /// Reads the file; what would change the result and is not built here is refused by name.
    init(_ file: JSONFile) throws(CheckpointError) {
        hiddenSize = try file.positive("hidden_size")
        layerCount = try file.positive("num_hidden_layers")
        heads = try file.positive("num_attention_heads")
        keyValueHeads = try file.positive("num_key_value_heads", or: heads)
        headSize = try file.positive("head_dim", or: max(1, hiddenSize / heads))
        intermediateSize = try file.positive("intermediate_size")
        vocabularySize = try file.positive("vocab_size")
        maximumPositions = try file.positive("max_position_embeddings")
        epsilon = Float(try file.positiveReal("rms_norm_eps"))
        ropeTheta = try Self.ropeTheta(file)

        guard heads % keyValueHeads == 0 else {
            throw file.fault("num_key_value_heads", "does not divide num_attention_heads \(heads)")
        }
        guard headSize % 2 == 0 else { throw file.fault("head_dim", "rotary embedding needs an even number") }
        let activation = try file.string("hidden_act", or: "silu")
        guard activation == "silu" else {
            throw file.fault("hidden_act", "\"\(activation)\" is not supported (\"silu\" is)")
        }
        for key in ["attention_bias", "mlp_bias", "use_sliding_window"] where try file.bool(key, or: false) {
            throw file.fault(key, "is not supported")
        }
    }

    /// The base of the rotary frequencies: `rope_theta`, or since transformers 5 inside `rope_parameters`.
    private static func ropeTheta(_ file: JSONFile) throws(CheckpointError) -> Double {
        for key in ["rope_scaling", "rope_parameters"] {
            guard let type = file.member(key)?["rope_type"] ?? file.member(key)?["type"] else { continue }
            guard type.string == "default" else {
                throw file.fault("\(key).rope_type", "only \"default\" is supported")
            }
        }
        guard let parameters = file.member("rope_parameters") else { return try file.positiveReal("rope_theta") }
        guard let theta = parameters["rope_theta"]?.double, theta > 0 else {
            throw file.fault("rope_parameters.rope_theta", "expected a positive number")
        }
        return theta
    }
}
