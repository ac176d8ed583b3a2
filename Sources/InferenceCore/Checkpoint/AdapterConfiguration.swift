import JSONCore

/// The `adapter_config.json` of a LoRA adapter (Hu and others, 2021) as PEFT writes it.
///
/// Everything that would change the result and is not built here is refused by name: an adapter is either applied
/// exactly or not at all.
struct AdapterConfiguration: Sendable {
    /// The rank where `rank_pattern` says nothing else.
    private let rank: Int
    private let alpha: Double
    private let rankPattern: [(name: String, value: Double)]
    private let alphaPattern: [(name: String, value: Double)]
    /// Rank-stabilised scaling, α/√r (Kalajdzievski 2023).
    private let rankStabilized: Bool

    /// The file it was read from, for messages.
    let path: String

    init(path: String) throws(CheckpointError) {
        let file = try JSONFile(path: path)
        self.path = path
        let type = try file.string("peft_type")
        guard type == "LORA" else { throw file.fault("peft_type", "\"\(type)\" is not supported (\"LORA\" is)") }
        rank = try file.positive("r")
        alpha = try file.positiveReal("lora_alpha")
        rankStabilized = try file.bool("use_rslora", or: false)
        rankPattern = try Self.pattern("rank_pattern", of: file)
        alphaPattern = try Self.pattern("alpha_pattern", of: file)
        try Self.refuseUnsupported(in: file)
    }

    /// The rank of the update of a module such as `layers.0.self_attn.q_proj`.
    func rank(of module: String) -> Int {
        Self.match(rankPattern, module).map { Int($0) } ?? rank
    }

    /// What the update of a module is multiplied by: α/r, or α/√r if rank-stabilised.
    func scale(of module: String) -> Float {
        let rank = Double(rank(of: module))
        let alpha = Self.match(alphaPattern, module) ?? alpha
        return Float(alpha / (rankStabilized ? rank.squareRoot() : rank))
    }

    private static func match(_ pattern: [(name: String, value: Double)], _ module: String) -> Double? {
        pattern.first { module == $0.name || module.hasSuffix("." + $0.name) }?.value
    }

    /// PEFT reads the names of a pattern as regular expressions for the end of a module's name; plain names are
    /// what is written in practice, and all that is accepted here.
    private static func pattern(
        _ key: String,
        of file: JSONFile
    ) throws(CheckpointError) -> [(name: String, value: Double)] {
        guard let value = file.member(key) else { return [] }
        guard let object = value.object else { throw file.fault(key, "expected an object") }
        var entries: [(name: String, value: Double)] = []
        for (name, value) in object.members {
            guard name.utf8.allSatisfy({ isNameCharacter($0) }) else {
                throw file.fault("\(key).\(name)", "regular expressions are not supported (module names are)")
            }
            guard let number = value.double, number > 0, key != "rank_pattern" || value.integer != nil else {
                throw file.fault("\(key).\(name)", "expected a positive number")
            }
            entries.append((name, number))
        }
        return entries
    }

    private static func isNameCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."): true
        default: false
        }
    }

    private static func refuseUnsupported(in file: JSONFile) throws(CheckpointError) {
        let bias = try file.string("bias", or: "none")
        guard bias == "none" else { throw file.fault("bias", "\"\(bias)\" is not supported (\"none\" is)") }
        for key in ["use_dora", "fan_in_fan_out", "lora_bias", "use_qalora"] where try file.bool(key, or: false) {
            throw file.fault(key, "is not supported")
        }
        let unsupported = [
            "modules_to_save", "layer_replication", "layers_to_transform", "trainable_token_indices",
            "target_parameters", "megatron_config", "arrow_config",
        ]
        for key in unsupported {
            guard let value = file.member(key) else { continue }
            guard value.array?.isEmpty == true || value.object?.members.isEmpty == true else {
                throw file.fault(key, "is not supported")
            }
        }
    }
}
