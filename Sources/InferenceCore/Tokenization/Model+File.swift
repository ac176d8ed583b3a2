import JSONCore

extension Model {
    /// Reads the `model` of a file and enters its tokens into `vocabulary`.
    init(_ file: TokenizerFile, _ vocabulary: inout Vocabulary) throws(CheckpointError) {
        let node = try file.root.member("model")
        switch try node.type() {
        case "WordPiece":
            self = .wordPiece(try WordPiece(node, file, &vocabulary))
        case "BPE":
            self = .bytePair(try ByteLevelBPE(node, file, &vocabulary))
        case let type:
            throw node.unsupported("model", type, "WordPiece, BPE")
        }
    }
}

extension WordPiece {
    fileprivate init(_ node: FileNode, _ file: TokenizerFile, _ vocabulary: inout Vocabulary) throws(CheckpointError) {
        try node.allow("type", "vocab", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word")
        let prefix = try node.member("continuing_subword_prefix").string()
        let continuation = Array(prefix.utf8)
        var heads = ByteTable()
        var tails = ByteTable()
        try file.readTokens { token, id in
            vocabulary.set(token, id: id)
            if token.starts(with: continuation) {
                _ = tails.insert(token[part: continuation.count..<token.count], id: id)
            }
            return heads.insert(token, id: id)
        }
        let unknownNode = try node.member("unk_token")
        var unknown = try unknownNode.string()
        guard let unknownID = unknown.withUTF8({ heads.id(of: $0) }) else {
            throw unknownNode.fault("is not in the vocabulary")
        }
        let longest = try node.member("max_input_chars_per_word")
        guard let longestWord = longest.value.integer, longestWord > 0 else {
            throw longest.fault("expected a positive integer")
        }
        self.init(
            heads: heads,
            tails: tails,
            unknown: unknownID,
            longestWord: longestWord,
            continuation: prefix
        )
    }
}

extension ByteLevelBPE {
    fileprivate init(_ node: FileNode, _ file: TokenizerFile, _ vocabulary: inout Vocabulary) throws(CheckpointError) {
        try Self.checkOptions(node)
        let tokens = try Self.readTokens(file, &vocabulary)
        var octetIDs: [Int32] = []
        for octet in UInt8.min...UInt8.max {
            let id = withUnsafeBytes(of: octet) { tokens.id(of: $0.assumingMemoryBound(to: UInt8.self)) }
            guard let id else { throw node.child("vocab").fault("has no token for the octet \(octet)") }
            octetIDs.append(id)
        }
        self.init(
            tokens: tokens,
            merges: try Self.readMerges(file, tokens),
            octetIDs: octetIDs,
            ignoresMerges: try node.optional("ignore_merges")?.bool() ?? false
        )
    }

    /// Every octet has a token, so that what is said about unknown ones does not matter; all else must be off.
    private static func checkOptions(_ node: FileNode) throws(CheckpointError) {
        try node.allow(
            "type",
            "dropout",
            "unk_token",
            "continuing_subword_prefix",
            "end_of_word_suffix",
            "fuse_unk",
            "byte_fallback",
            "ignore_merges",
            "vocab",
            "merges"
        )
        if let dropout = try node.optional("dropout"), dropout.value.double != 0 {
            throw dropout.fault("dropout is not supported")
        }
        for name in ["continuing_subword_prefix", "end_of_word_suffix"] {
            if let affix = try node.optional(name), try !affix.string().isEmpty {
                throw affix.fault("is not supported in a byte-level model")
            }
        }
    }

    private static func readTokens(
        _ file: TokenizerFile,
        _ vocabulary: inout Vocabulary
    ) throws(CheckpointError) -> ByteTable {
        var tokens = ByteTable()
        var octets: [UInt8] = []
        try file.readTokens { token, id in
            vocabulary.set(token, id: id)
            octets.removeAll(keepingCapacity: true)
            // A token in other letters cannot come out of merging octets: it is there as an added token.
            guard ByteAlphabet.decode(token, into: &octets) else { return true }
            return octets.withUnsafeBufferPointer { tokens.insert($0, id: id) }
        }
        return tokens
    }

    private static func readMerges(_ file: TokenizerFile, _ tokens: ByteTable) throws(CheckpointError) -> MergeTable {
        var merges = MergeTable()
        var rank: UInt32 = 0
        var octets: [UInt8] = []
        func id(of token: UTF8Text) -> Int32? {
            let start = octets.count
            guard ByteAlphabet.decode(token, into: &octets) else { return nil }
            return octets.withUnsafeBufferPointer { tokens.id(of: $0[part: start..<$0.count]) }
        }
        func unknown(_ token: UTF8Text) -> String {
            "\"\(String(decoding: token, as: UTF8.self))\" is not in the vocabulary"
        }
        try file.readMerges { left, right in
            octets.removeAll(keepingCapacity: true)
            guard let leftID = id(of: left) else { return unknown(left) }
            guard let rightID = id(of: right) else { return unknown(right) }
            guard let merged = octets.withUnsafeBufferPointer({ tokens.id(of: $0) }) else {
                return "what it makes is not in the vocabulary"
            }
            merges.set(leftID, rightID, MergeTable.Merge(rank: rank, id: merged))
            rank += 1
            return nil
        }
        return merges
    }
}
