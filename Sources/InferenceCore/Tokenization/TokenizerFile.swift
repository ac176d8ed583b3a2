import JSONCore

/// A `tokenizer.json`, of which the two large parts (16 MB in some) are read as they are asked for.
struct TokenizerFile {
    /// Everything but `model.vocab` and `model.merges`, which are null here.
    let root: FileNode
    private let file: MappedFile
    private var vocabStart: Int?
    private var mergesStart: Int?

    /// Reads the file and finds its parts.
    init(_ path: String) throws(CheckpointError) {
        file = try MappedFile(path: path)
        let bytes = file.bytes.bindMemory(to: UInt8.self)
        var vocabStart: Int?
        var mergesStart: Int?
        func modelWithoutTables(_ reader: inout JSONReader) throws(JSONError) -> JSONValue {
            var model = JSONObject()
            try reader.enterObject()
            while let name = try reader.nextName({ String(decoding: $0, as: UTF8.self) }) {
                switch name {
                case "vocab": vocabStart = try reader.skip().lowerBound
                case "merges": mergesStart = try reader.skip().lowerBound
                default: model.append(name, try reader.value())
                }
            }
            return .object(model)
        }
        do throws(JSONError) {
            var reader = JSONReader(bytes)
            var root = JSONObject()
            try reader.enterObject()
            while let name = try reader.nextName({ String(decoding: $0, as: UTF8.self) }) {
                let isModel = name == "model" && reader.isAtObject
                root.append(name, isModel ? try modelWithoutTables(&reader) : try reader.value())
            }
            try reader.end()
            self.root = FileNode(file: path, path: "", value: .object(root))
        } catch {
            throw CheckpointError(file: path, reason: "not valid JSON: \(error)")
        }
        self.vocabStart = vocabStart
        self.mergesStart = mergesStart
    }

    /// Calls `body` with every token of `model.vocab` and its id; it says whether the token is new.
    func readTokens(_ body: (UTF8Text, Int32) -> Bool) throws(CheckpointError) {
        let node = FileNode(file: root.file, path: "model.vocab", value: .null)
        try read(node, vocabStart) { (reader) throws(JSONError) -> CheckpointError? in
            var token: [UInt8] = []
            try reader.enterObject()
            while try reader.nextName({ token.replaceContents(with: $0) }) != nil {
                let number = try reader.integer()
                let child = { node.child(String(decoding: token, as: UTF8.self)) }
                guard let id = Int32(tokenID: number) else {
                    return child().fault("token id \(number) is out of range")
                }
                if !token.withUnsafeBufferPointer({ body($0, id) }) { return child().fault("occurs twice") }
            }
            return nil
        }
    }

    /// Calls `body` with the two tokens of every merge in `model.merges`; it returns what is wrong with them.
    ///
    /// A merge is `["a", "b"]`, or in older files `"a b"`.
    func readMerges(_ body: (UTF8Text, UTF8Text) -> String?) throws(CheckpointError) {
        let node = FileNode(file: root.file, path: "model.merges", value: .null)
        try read(node, mergesStart) { (reader) throws(JSONError) -> CheckpointError? in
            var pair: [UInt8] = []
            var rank = 0
            try reader.enterArray()
            while try reader.nextItem() {
                let separator: Int?
                if reader.isAtString {
                    try reader.withString { pair.replaceContents(with: $0) }
                    separator = pair.firstIndex(of: UInt8(ascii: " "))
                } else {
                    separator = try Self.readPair(&reader, &pair)
                }
                let fault = separator.map { separator in
                    pair.withUnsafeBufferPointer { pair in
                        body(pair[part: 0..<separator], pair[part: (separator + 1)..<pair.count])
                    }
                }
                if let reason = fault ?? "expected two tokens" { return node.item(rank).fault(reason) }
                rank += 1
            }
            return nil
        }
    }

    /// Reads `["a", "b"]` as the octets of both with a space between; `nil` if there are not two.
    private static func readPair(_ reader: inout JSONReader, _ pair: inout [UInt8]) throws(JSONError) -> Int? {
        var separator: Int?
        var count = 0
        try reader.enterArray()
        pair.removeAll(keepingCapacity: true)
        while try reader.nextItem() {
            if count == 1 {
                separator = pair.count
                pair.append(UInt8(ascii: " "))
            }
            try reader.withString { pair.append(contentsOf: $0) }
            count += 1
        }
        return count == 2 ? separator : nil
    }

    private func read(
        _ node: FileNode,
        _ start: Int?,
        _ body: (inout JSONReader) throws(JSONError) -> CheckpointError?
    ) throws(CheckpointError) {
        guard let start else { throw node.fault("is missing") }
        let fault: CheckpointError?
        do throws(JSONError) {
            var reader = JSONReader(file.bytes.bindMemory(to: UInt8.self), at: start)
            fault = try body(&reader)
        } catch {
            throw node.fault("\(error)")
        }
        if let fault { throw fault }
    }
}

extension [UInt8] {
    /// Becomes a copy of `octets`, in the room it has.
    fileprivate mutating func replaceContents(with octets: UTF8Text) {
        removeAll(keepingCapacity: true)
        append(contentsOf: octets)
    }
}

extension Int32 {
    /// A number as a token id, `nil` if it is none.
    ///
    /// Four million is far above every published vocabulary and keeps a broken file from taking all memory.
    init?(tokenID number: Int) {
        guard 0..<4_000_000 ~= number else { return nil }
        self.init(number)
    }
}
