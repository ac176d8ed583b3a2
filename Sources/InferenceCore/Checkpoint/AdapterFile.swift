import Glibc

/// A LoRA adapter of a checkpoint: `adapters/NAME/adapter_config.json` and `adapter_model.safetensors`.
struct AdapterFile: Sendable {
    /// The folder's name, which is the adapter's: "retrieval", ...
    let name: String
    private let configuration: AdapterConfiguration
    private let weights: SafetensorsFile
    private static let prefix = "base_model.model."

    /// Reads every adapter of a checkpoint, by name; none where there is no folder `adapters`.
    static func readAll(directory: String) throws(CheckpointError) -> [AdapterFile] {
        let root = directory + "/adapters"
        var adapters: [AdapterFile] = []
        for name in entries(of: root).sorted() where access("\(root)/\(name)/adapter_config.json", F_OK) == 0 {
            adapters.append(
                AdapterFile(
                    name: name,
                    configuration: try AdapterConfiguration(path: "\(root)/\(name)/adapter_config.json"),
                    weights: try SafetensorsFile(path: "\(root)/\(name)/adapter_model.safetensors")
                )
            )
        }
        return adapters
    }

    /// The number of weights.
    var parameterCount: Int { weights.tensors.values.reduce(0) { $0 + $1.count } }

    /// The update of a module such as `layers.0.self_attn.q_proj`; `nil` if the adapter has none.
    func update(of module: String, outputs: Int, inputs: Int) throws(CheckpointError) -> LowRankUpdate? {
        let down = "\(Self.prefix)\(module).lora_A.weight"
        let up = "\(Self.prefix)\(module).lora_B.weight"
        guard weights.tensors[down] != nil || weights.tensors[up] != nil else { return nil }
        let rank = configuration.rank(of: module)
        return LowRankUpdate(
            down: try weights.tensor(down, shape: [rank, inputs]),
            up: try weights.tensor(up, shape: [outputs, rank]),
            scale: configuration.scale(of: module)
        )
    }

    /// Refuses an adapter with tensors for modules that the model does not adapt: they would be left out silently.
    func check(modules: Set<String>) throws(CheckpointError) {
        for name in weights.tensors.keys.sorted() {
            let module = [".lora_A.weight", ".lora_B.weight"]
                .first { name.hasPrefix(Self.prefix) && name.hasSuffix($0) }
                .map { String(name.dropFirst(Self.prefix.count).dropLast($0.count)) }
            guard let module, modules.contains(module) else {
                throw CheckpointError(file: weights.path, reason: "tensor \(name) belongs to no layer of the model")
            }
        }
    }

    private static func entries(of directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }
}
