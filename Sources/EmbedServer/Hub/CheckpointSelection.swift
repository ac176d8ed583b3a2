/// Chooses the files of a repository that serving needs: weights in one format, tokenizer, and what describes them.
enum CheckpointSelection {
    private static let descriptions: Set<String> = [
        "config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "modules.json",
        "sentence_bert_config.json", "config_sentence_transformers.json", "golden.jsonl", "LICENSE", "LICENSE.md",
        "LICENSE.txt", "NOTICE",
    ]
    private static let weights = "model.safetensors"
    private static let index = "model.safetensors.index.json"

    /// The files needed, largest first.
    static func files(of repository: Repository, in listing: [RepositoryFile]) throws(HubError) -> [RepositoryFile] {
        let paths = Set(listing.map(\.path.text))
        for name in ["config.json", "tokenizer.json"] where !paths.contains(name) {
            throw .unsuitable(repository, reason: "has no \(name)")
        }
        let isSharded = !paths.contains(weights)
        if isSharded, !paths.contains(index) {
            throw .unsuitable(repository, reason: "has no \(weights); other formats of weights are not served")
        }
        let needed = listing.filter { file in
            let parts = file.path.components
            switch parts.count {
            case 1: return descriptions.contains(parts[0]) || (isSharded ? isShard(parts[0]) : parts[0] == weights)
            // Modules of sentence-transformers: `1_Pooling/config.json`.
            case 2: return parts[0].first?.isNumber == true && parts[1] == "config.json"
            case 3:
                return parts[0] == "adapters"
                    && (parts[2] == "adapter_config.json" || parts[2] == "adapter_model.safetensors")
            default: return false
            }
        }
        return needed.sorted { ($1.size, $0.path.text) < ($0.size, $1.path.text) }
    }

    /// `model.safetensors.index.json` and `model-00001-of-00002.safetensors`.
    private static func isShard(_ name: String) -> Bool {
        name == index || name.hasPrefix("model-") && name.hasSuffix(".safetensors")
    }
}
