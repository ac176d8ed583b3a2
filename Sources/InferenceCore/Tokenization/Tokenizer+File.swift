import Glibc
import JSONCore

extension Tokenizer {
    /// Reads a `tokenizer.json`.
    ///
    /// - Parameter file: its path.
    /// - Throws: if the file cannot be read, is broken, or asks for something that is not supported; the reason names
    ///   the path inside the file.
    public init(file: String) throws(CheckpointError) {
        let bytes = try readFile(file)
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONParser.parse(bytes)
        } catch {
            throw CheckpointError(file: file, reason: "not valid JSON: \(error)")
        }
        try self.init(FileNode(file: file, path: "", value: document))
    }

    private init(_ root: FileNode) throws(CheckpointError) {
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
        model = try Model(root.member("model"), &vocabulary)
        for token in added { vocabulary.set(token.content, id: token.id) }
        preTokenizer = try PreTokenizer(root.member("pre_tokenizer"))
        postProcessor = try PostProcessor(root.optional("post_processor"), vocabularySize: vocabulary.size)
        addedTokens = AddedTokens(added.filter { !$0.normalized })
        normalizedTokens = AddedTokens(added.filter(\.normalized)) { content in
            var content = content
            return content.withUTF8 { normalizer.withNormalized($0) { Array($0) } }
        }
        self.normalizer = normalizer
        self.vocabulary = vocabulary
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
    }
}

extension Normalizer {
    fileprivate init(_ node: FileNode?) throws(CheckpointError) {
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
            throw node.child("type", .null).fault("normalizer \"\(type)\" is not supported (BertNormalizer, NFC)")
        }
    }
}

extension PreTokenizer {
    fileprivate init(_ node: FileNode) throws(CheckpointError) {
        switch try node.type() {
        case "BertPreTokenizer":
            try node.allow("type")
            self = .bert
        case let type:
            throw node.child("type", .null).fault("pre-tokenizer \"\(type)\" is not supported (BertPreTokenizer)")
        }
    }
}

extension Model {
    fileprivate init(_ node: FileNode, _ vocabulary: inout Vocabulary) throws(CheckpointError) {
        switch try node.type() {
        case "WordPiece":
            self = .wordPiece(try WordPiece(node, &vocabulary))
        case let type:
            throw node.child("type", .null).fault("model \"\(type)\" is not supported (WordPiece, BPE)")
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

extension PostProcessor {
    fileprivate init(_ node: FileNode?, vocabularySize: Int) throws(CheckpointError) {
        self.init()
        guard let node else { return }
        switch try node.type() {
        case "TemplateProcessing":
            try node.allow("type", "single", "pair", "special_tokens")
            try addTemplate(node, vocabularySize: vocabularySize)
        case let type:
            throw node.child("type", .null).fault("post-processor \"\(type)\" is not supported (TemplateProcessing)")
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

/// The octets of a whole file.
private func readFile(_ path: String) throws(CheckpointError) -> [UInt8] {
    func failure(_ number: Int32) -> CheckpointError {
        CheckpointError(file: path, reason: "cannot be read: \(String(cString: strerror(number)))")
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure(errno) }
    var error: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { buffer, count in
        while count < buffer.count, let base = buffer.baseAddress {
            let read = Glibc.read(descriptor, base + count, buffer.count - count)
            if read > 0 {
                count += read
            } else if read == 0 || errno != EINTR {
                if read < 0 { error = errno }
                return
            }
        }
    }
    guard error == 0 else { throw failure(error) }
    return bytes
}
