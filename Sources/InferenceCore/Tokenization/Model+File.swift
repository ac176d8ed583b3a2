import JSONCore

extension Model {
    /// Reads the `model` of a file and enters its tokens into `vocabulary`.
    init(_ node: FileNode, _ vocabulary: inout Vocabulary) throws(CheckpointError) {
        switch try node.type() {
        case "WordPiece":
            self = .wordPiece(try WordPiece(node, &vocabulary))
        case "BPE":
            self = .bytePair(try ByteLevelBPE(node, &vocabulary))
        case let type:
            throw node.unsupported("model", type, "WordPiece, BPE")
        }
    }
}

extension WordPiece {
    fileprivate init(_ node: FileNode, _ vocabulary: inout Vocabulary) throws(CheckpointError) {
        try node.allow("type", "vocab", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word")
        let vocab = try node.member("vocab")
        var pieces: [(piece: [UInt8], id: Int32)] = []
        for member in try vocab.object().members {
            let id = try vocab.child(member.name, member.value).id()
            pieces.append((Array(member.name.utf8), id))
            vocabulary.set(member.name, id: id)
        }
        let unknownNode = try node.member("unk_token")
        let unknown = Array(try unknownNode.string().utf8)
        guard let unknownID = pieces.last(where: { $0.piece == unknown })?.id else {
            throw unknownNode.fault("is not in the vocabulary")
        }
        let longest = try node.member("max_input_chars_per_word")
        guard let longestWord = longest.value.integer, longestWord > 0 else {
            throw longest.fault("expected a positive integer")
        }
        self.init(
            pieces: pieces,
            continuation: Array(try node.member("continuing_subword_prefix").string().utf8),
            unknown: unknownID,
            longestWord: longestWord
        )
    }
}

extension ByteLevelBPE {
    fileprivate init(_ node: FileNode, _ vocabulary: inout Vocabulary) throws(CheckpointError) {
        try Self.checkOptions(node)
        let vocab = try node.member("vocab")
        let tokens = try Self.readTokens(vocab, &vocabulary)
        var octetIDs: [Int32] = []
        for octet in UInt8.min...UInt8.max {
            guard let id = withUnsafeBytes(of: octet, { tokens.id(of: $0.assumingMemoryBound(to: UInt8.self)) }) else {
                throw vocab.fault("has no token for the octet \(octet)")
            }
            octetIDs.append(id)
        }
        self.init(
            tokens: tokens,
            merges: try Self.readMerges(node.member("merges"), tokens),
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
        _ node: FileNode,
        _ vocabulary: inout Vocabulary
    ) throws(CheckpointError) -> ByteTable {
        let members = try node.object().members
        var tokens = ByteTable(capacity: members.count)
        var octets: [UInt8] = []
        for member in members {
            let id = try node.child(member.name, member.value).id()
            vocabulary.set(member.name, id: id)
            octets.removeAll(keepingCapacity: true)
            var name = member.name
            // A token in other letters cannot come out of merging octets: it is there as an added token.
            guard name.withUTF8({ ByteAlphabet.decode($0, into: &octets) }) else { continue }
            let isNew = octets.withUnsafeBufferPointer { tokens.insert($0, id: id) }
            guard isNew else { throw node.child(member.name, member.value).fault("occurs twice") }
        }
        return tokens
    }

    private static func readMerges(_ node: FileNode, _ tokens: ByteTable) throws(CheckpointError) -> MergeTable {
        let items = try node.items()
        var merges = MergeTable(capacity: items.count)
        for (rank, item) in items.enumerated() {
            var ids: [Int32] = []
            var octets: [UInt8] = []
            for var part in try pair(item) {
                let start = octets.count
                let isOctets = part.withUTF8 { ByteAlphabet.decode($0, into: &octets) }
                let id = octets.withUnsafeBufferPointer { tokens.id(of: $0[part: start..<$0.count]) }
                guard isOctets, let id else { throw item.fault("\"\(part)\" is not in the vocabulary") }
                ids.append(id)
            }
            guard let merged = octets.withUnsafeBufferPointer({ tokens.id(of: $0) }) else {
                throw item.fault("what it makes is not in the vocabulary")
            }
            merges.set(ids[0], ids[1], MergeTable.Merge(rank: UInt32(rank), id: merged))
        }
        return merges
    }

    /// A merge is `["a", "b"]`, or in older files `"a b"`.
    private static func pair(_ node: FileNode) throws(CheckpointError) -> [String] {
        if let array = node.value.array {
            let parts = array.compactMap(\.string)
            if parts.count == 2, array.count == 2 { return parts }
        } else if let text = node.value.string {
            let parts = text.split(separator: " ", omittingEmptySubsequences: false)
            if parts.count == 2 { return parts.map(String.init) }
        }
        throw node.fault("expected two tokens")
    }
}
