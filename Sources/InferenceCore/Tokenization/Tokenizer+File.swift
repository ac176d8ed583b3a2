extension Tokenizer {
    /// Reads a `tokenizer.json`.
    ///
    /// - Parameter file: its path.
    /// - Throws: if the file cannot be read, is broken, or asks for something that is not supported; the reason names
    ///   the path inside the file.
    public init(file: String) throws(CheckpointError) {
        let contents = try TokenizerFile(file)
        let root = contents.root
        try root.allow(
            "version",
            "truncation",
            "padding",
            "added_tokens",
            "normalizer",
            "pre_tokenizer",
            "post_processor",
            "decoder",
            "model"
        )
        let normalizer = try Normalizer(root.optional("normalizer"))
        let added = try root.optional("added_tokens").map(AddedToken.list) ?? []
        var vocabulary = Vocabulary()
        model = try Model(contents, &vocabulary)
        for (index, token) in added.enumerated() {
            var content = token.content
            if let other = vocabulary.piece(token.id), other != content {
                throw root.child("added_tokens").item(index).fault("token id \(token.id) is \"\(other)\"")
            }
            content.withUTF8 { vocabulary.set($0, id: token.id) }
        }
        preTokenizer = try PreTokenizer(root.member("pre_tokenizer"))
        switch (model, preTokenizer) {
        case (.wordPiece, .bert), (.bytePair, .split): break
        case (.wordPiece, _): throw root.child("model").fault("WordPiece needs the BertPreTokenizer")
        case (.bytePair, _):
            throw root.child("model").fault("byte pair encoding needs a ByteLevel pre-tokenizer")
        }
        postProcessor = try PostProcessor(root.optional("post_processor"), vocabularySize: vocabulary.size)
        addedTokens = AddedTokens(added.filter { !$0.normalized })
        normalizedTokens = AddedTokens(added.filter(\.normalized)) { content in
            var content = content
            return content.withUTF8 { normalizer.withNormalized($0) { Array($0) } }
        }
        self.added = Dictionary(added.map { ($0.id, $0) }) { _, last in last }
        specialIDs = Set(added.filter(\.isSpecial).map(\.id))
        cleansDecodedText = try root.optional("decoder")?.optional("cleanup")?.bool() ?? false
        self.normalizer = normalizer
        self.vocabulary = vocabulary
        if case .bytePair = model { cl100k = CL100K(in: vocabulary) } else { cl100k = nil }
    }
}

extension AddedToken {
    fileprivate static func list(_ node: FileNode) throws(CheckpointError) -> [AddedToken] {
        var tokens: [AddedToken] = []
        for item in try node.items() { tokens.append(try AddedToken(item)) }
        return tokens
    }

    private init(_ node: FileNode) throws(CheckpointError) {
        try node.allow("id", "content", "single_word", "lstrip", "rstrip", "normalized", "special")
        id = try node.member("id").id()
        content = try node.member("content").string()
        singleWord = try node.optional("single_word")?.bool() ?? false
        stripsLeft = try node.optional("lstrip")?.bool() ?? false
        stripsRight = try node.optional("rstrip")?.bool() ?? false
        normalized = try node.member("normalized").bool()
        isSpecial = try node.optional("special")?.bool() ?? false
    }
}
