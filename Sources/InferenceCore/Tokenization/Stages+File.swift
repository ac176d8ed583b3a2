import JSONCore

extension Normalizer {
    /// Reads the `normalizer` of a file.
    init(_ node: FileNode?) throws(CheckpointError) {
        guard let node else {
            self = .none
            return
        }
        switch try node.type() {
        case "BertNormalizer":
            try node.allow("type", "clean_text", "handle_chinese_chars", "strip_accents", "lowercase")
            let lowercases = try node.member("lowercase").bool()
            self = .bert(
                BertNormalizer(
                    cleansText: try node.member("clean_text").bool(),
                    separatesIdeographs: try node.member("handle_chinese_chars").bool(),
                    // The original BERT code strips accents exactly when it lowercases.
                    stripsAccents: try node.optional("strip_accents")?.bool() ?? lowercases,
                    lowercases: lowercases
                )
            )
        case "NFC":
            try node.allow("type")
            self = .nfc
        case let type:
            throw node.unsupported("normalizer", type, "BertNormalizer, NFC")
        }
    }
}

extension PreTokenizer {
    /// Reads the `pre_tokenizer` of a file.
    init(_ node: FileNode) throws(CheckpointError) {
        switch try node.type() {
        case "BertPreTokenizer":
            try node.allow("type")
            self = .bert
        case "Sequence":
            try node.allow("type", "pretokenizers")
            let list = try node.member("pretokenizers")
            let steps = try list.items()
            guard steps.count == 2, try steps[0].type() == "Split", try steps[1].type() == "ByteLevel" else {
                throw list.fault("expected Split, then ByteLevel")
            }
            try Self.checkByteLevel(steps[1])
            self = .split(try SplitPattern(steps[0]))
        case let type:
            throw node.unsupported("pre-tokenizer", type, "BertPreTokenizer, Sequence")
        }
    }

    /// The step only translates octets into the vocabulary's alphabet, which `ByteLevelBPE` does without.
    private static func checkByteLevel(_ node: FileNode) throws(CheckpointError) {
        try node.allow("type", "add_prefix_space", "trim_offsets", "use_regex")
        for name in ["add_prefix_space", "use_regex"] {
            let option = try node.member(name)
            guard try !option.bool() else { throw option.fault("true is not supported") }
        }
    }
}

extension SplitPattern {
    fileprivate init(_ node: FileNode) throws(CheckpointError) {
        try node.allow("type", "pattern", "behavior", "invert")
        let behavior = try node.member("behavior")
        guard try behavior.string() == "Isolated" else { throw behavior.fault("only Isolated is supported") }
        let invert = try node.member("invert")
        guard try !invert.bool() else { throw invert.fault("true is not supported") }
        let regex = try node.member("pattern").member("Regex")
        guard let pattern = SplitPattern(regex: try regex.string()) else {
            throw regex.fault("this regular expression is not one of those that are supported")
        }
        self = pattern
    }
}

extension PostProcessor {
    /// Reads the `post_processor` of a file.
    init(_ node: FileNode?, vocabularySize: Int) throws(CheckpointError) {
        self.init()
        guard let node else { return }
        switch try node.type() {
        case "TemplateProcessing":
            try node.allow("type", "single", "pair", "special_tokens")
            try addTemplate(node, vocabularySize: vocabularySize)
        case "ByteLevel":
            // Concerns offsets only.
            try node.allow("type", "add_prefix_space", "trim_offsets", "use_regex")
        case "Sequence":
            try node.allow("type", "processors")
            for step in try node.member("processors").items() {
                let outer = try PostProcessor(step, vocabularySize: vocabularySize)
                prefix.insert(contentsOf: outer.prefix, at: 0)
                suffix.append(contentsOf: outer.suffix)
            }
        case let type:
            throw node.unsupported("post-processor", type, "TemplateProcessing, ByteLevel, Sequence")
        }
    }

    /// The part of a template that concerns one text: special tokens, the sequence A, special tokens.
    private mutating func addTemplate(_ node: FileNode, vocabularySize: Int) throws(CheckpointError) {
        let specials = try node.member("special_tokens")
        let single = try node.member("single")
        var hasContent = false
        for item in try single.items() {
            if let sequence = try item.optional("Sequence") {
                guard try sequence.member("id").string() == "A", !hasContent else {
                    throw sequence.fault("expected the sequence A, once")
                }
                hasContent = true
                continue
            }
            let name = try item.member("SpecialToken").member("id").string()
            for idNode in try specials.member(name).member("ids").items() {
                let id = try idNode.id()
                guard id < vocabularySize else { throw idNode.fault("token id \(id) is not in the vocabulary") }
                if hasContent { suffix.append(id) } else { prefix.append(id) }
            }
        }
        guard hasContent else { throw single.fault("has no sequence A") }
    }
}
