import JSONCore

/// What a checkpoint's sentence-transformers files say beyond the backbone: pooling, normalisation, length, prompts.
///
/// Files: `modules.json`, the folders it names, `sentence_bert_config.json`, `config_sentence_transformers.json`.
struct SentenceTransformersLayout: Sendable {
    /// How tokens become one vector.
    var pooling: Pooling
    /// Whether a `Normalize` module follows the pooling.
    var normalizes: Bool
    /// The most tokens of an input, where the files say so.
    var maximumTokens: Int?
    /// Prompts by name, with their text: "query" → "Query: ".
    var prompts: [String: String]
    /// The name of the prompt for texts whose sender names none.
    var defaultPrompt: String?

    /// Reads the files in `directory`; `nil` for pooling's sake where there is no `modules.json`.
    static func read(directory: String) throws(CheckpointError) -> SentenceTransformersLayout? {
        guard let modules = try JSONFile.ifPresent(path: directory + "/modules.json") else { return nil }
        guard let list = modules.root.array else {
            throw CheckpointError(file: modules.path, reason: "expected a list of modules")
        }
        var layout = SentenceTransformersLayout(pooling: .mean, normalizes: false, maximumTokens: nil, prompts: [:])
        for (index, module) in list.enumerated() {
            func fault(_ reason: String) -> CheckpointError {
                CheckpointError(file: modules.path, reason: "[\(index)]: \(reason)")
            }
            guard let type = module["type"]?.string, let path = module["path"]?.string else {
                throw fault("expected \"type\" and \"path\"")
            }
            // A class of the checkpoint's own, such as jina's `custom_st.Transformer`, is told by its last name.
            switch type.split(separator: ".").last {
            case "Transformer": break
            case "Pooling": layout.pooling = try readPooling(directory: "\(directory)/\(path)")
            case "Normalize": layout.normalizes = true
            default: throw fault("module \(type) is not supported (Transformer, Pooling and Normalize are)")
            }
        }
        if let file = try JSONFile.ifPresent(path: directory + "/sentence_bert_config.json"),
            file.member("max_seq_length") != nil
        {
            layout.maximumTokens = try file.positive("max_seq_length")
        }
        if let file = try JSONFile.ifPresent(path: directory + "/config_sentence_transformers.json") {
            layout.prompts = try readPrompts(file)
            layout.defaultPrompt = file.member("default_prompt_name")?.string
        }
        return layout
    }

    private static func readPrompts(_ file: JSONFile) throws(CheckpointError) -> [String: String] {
        guard let value = file.member("prompts") else { return [:] }
        guard let members = value.object?.members else { throw file.fault("prompts", "expected an object") }
        var prompts: [String: String] = [:]
        for (name, value) in members {
            guard let text = value.string else { throw file.fault("prompts.\(name)", "expected a string") }
            prompts[name] = text
        }
        return prompts
    }

    private static func readPooling(directory: String) throws(CheckpointError) -> Pooling {
        let file = try JSONFile(path: directory + "/config.json")
        let modes: [(key: String, pooling: Pooling)] = [
            ("pooling_mode_mean_tokens", .mean),
            ("pooling_mode_cls_token", .firstToken),
            ("pooling_mode_lasttoken", .lastToken),
        ]
        let unsupported = [
            "pooling_mode_max_tokens", "pooling_mode_mean_sqrt_len_tokens", "pooling_mode_weightedmean_tokens",
        ]
        for key in unsupported where try file.bool(key, or: false) {
            throw file.fault(key, "this pooling is not supported (mean, cls and lasttoken are)")
        }
        var chosen: Pooling?
        for (key, pooling) in modes where try file.bool(key, or: false) {
            guard chosen == nil else { throw file.fault(key, "two poolings at once are not supported") }
            chosen = pooling
        }
        guard let chosen else {
            throw CheckpointError(file: file.path, reason: "no pooling mode is switched on")
        }
        return chosen
    }
}
