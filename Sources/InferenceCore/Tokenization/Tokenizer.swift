/// Turns text into the token ids of a model, exactly as Hugging Face `tokenizers` 0.23 does with the same
/// `tokenizer.json`.
///
/// ```
/// text ──▶ added tokens ──▶ normalizer ──▶ pre-tokenizer ──▶ model ──▶ post-processor ──▶ ids
///          cut out first    rewrites       cuts words        word → ids  special tokens
/// ```
///
/// The file's own `truncation` and `padding` are ignored: the caller says how many ids it wants.
public struct Tokenizer: Sendable {
    let addedTokens: AddedTokens
    let normalizer: Normalizer
    let normalizedTokens: AddedTokens
    let preTokenizer: PreTokenizer
    let model: Model
    let postProcessor: PostProcessor
    let vocabulary: Vocabulary
    let cl100k: CL100K?
    /// The added tokens by id.
    let added: [Int32: AddedToken]
    /// The added tokens that the file calls special.
    let specialIDs: Set<Int32>
    /// Whether decoding takes back the spaces in front of punctuation marks, as the file asks for.
    let cleansDecodedText: Bool
    let scratch = ScratchPool()

    /// One more than the highest token id.
    public var vocabularySize: Int { vocabulary.size }

    /// The token of an id as the vocabulary writes it; `nil` where there is none.
    public func piece(_ id: Int32) -> String? { vocabulary.piece(id) }

    /// Whether the vocabulary contains OpenAI's cl100k_base, so that `decodeCL100K` works.
    public var decodesCL100K: Bool { cl100k != nil }

    /// The text of cl100k_base ids, which are not this tokenizer's own ids.
    ///
    /// Clients that believe they talk to OpenAI send such ids. Octets that are not UTF-8, such as half a character at
    /// the end, become U+FFFD, as in Python's `errors="replace"`.
    public func decodeCL100K(_ ids: [Int32]) throws(CL100KError) -> String {
        guard let cl100k else { throw .unavailable }
        return try cl100k.decode(ids, vocabulary)
    }

    /// The ids of a text.
    ///
    /// - Parameters:
    ///   - text: any text, the empty one included.
    ///   - limit: the most ids to return. The text is cut at the end, the special tokens stay (if the limit leaves no
    ///     room even for those, the last of them). Cost is then proportional to the limit, not to the text.
    ///   - addSpecialTokens: whether to put the model's special tokens around the content.
    public func encode(_ text: String, limit: Int? = nil, addSpecialTokens: Bool = true) -> Encoding {
        let frame = addSpecialTokens ? postProcessor : PostProcessor()
        let room = limit.map { max(0, $0 - frame.count) } ?? .max
        var ids = frame.prefix
        var text = text
        text.withUTF8 { encode($0, room: room, into: &ids) }
        let isCut = ids.count - frame.prefix.count > room
        if isCut { ids.removeSubrange((frame.prefix.count + room)...) }
        ids.append(contentsOf: frame.suffix)
        if let limit, ids.count > limit { ids.removeSubrange(..<(ids.count - max(0, limit))) }
        return Encoding(ids: ids, truncated: isCut)
    }

    /// Appends the ids of the content, or if there are more than `room` at least one more than that.
    ///
    /// With a limit, only an excerpt of the text is read, and a longer one if that did not fill the room.
    private func encode(_ text: UTF8Text, room: Int, into ids: inout [Int32]) {
        let first = ids.count
        let capacity = room < .max - first ? first + room + 1 : .max
        var run = ContentEncoder(tokenizer: self, capacity: capacity, scratch: scratch.take())
        defer { scratch.give(back: run.scratch) }
        var length = room < text.count / 8 ? room * 8 + 1024 : text.count
        while true {
            let end = Excerpt.end(in: text, near: length)
            run.isWhole = end == text.count
            let isDone = end > 0 && run.encode(text[part: 0..<end], into: &ids)
            if isDone || run.isWhole { return }
            ids.removeSubrange(first...)
            length *= 4
        }
    }
}
