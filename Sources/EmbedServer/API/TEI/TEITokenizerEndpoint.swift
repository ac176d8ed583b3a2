import HTTPCore
import InferenceCore
import JSONCore

/// `POST /tokenize` and `POST /decode` of text-embeddings-inference.
struct TEITokenizerEndpoint: Sendable {
    /// Knows the models, and holds keys to their limits.
    let runner: EmbeddingRunner

    /// Octets of a body: the answer is many times longer.
    static let bodyLimit = 2 << 20

    /// `POST /tokenize`: the tokens of texts, uncut.
    func tokenize(_ request: Request, _ key: APIKey?) async throws(APIError) -> Answer {
        let fields = try RequestFields(body: request.body)
        let model = try runner.state.catalog().resolve(try fields.text(["model"])).model
        guard let texts = try fields.texts(["inputs"]) else {
            throw .invalid("inputs", type: "missing", "`inputs` is missing")
        }
        if texts.isEmpty { throw .invalid("inputs", type: "too_short", "`inputs` cannot be empty") }
        let addsSpecials = try fields.flag(["add_special_tokens"]) ?? true
        let task = try fields.task(["prompt_name"])
        let lists = try await runner.tokenize(
            octets: request.body.count,
            estimate: texts.reduce(0) { $0 + EmbeddingPlan.estimatedTokens(of: $1) },
            with: model.backend,
            for: key
        ) { encoder, cancellation in
            let prompt = task.map { encoder.prompt(for: $0) } ?? ""
            var lists: [TokenizedText] = []
            for text in texts where !cancellation.isCancelled {
                let text = prompt + text
                let tokens = encoder.tokenizer.tokens(
                    of: text,
                    addSpecialTokens: addsSpecials,
                    cancellation: cancellation
                ).tokens
                lists.append(TokenizedText(octets: Array(text.utf8), tokens: tokens))
            }
            return (lists, tokens: lists.reduce(0) { $0 + $1.tokens.count })
        }
        let units = ListUnits(lists.map(\.tokens.count))
        let body = JSONStream(
            count: units.count,
            heldBytes: lists.reduce(0) { $0 + $1.octets.count + $1.tokens.count * MemoryLayout<Token>.stride },
            estimatedBytes: lists.reduce(0) { $0 + 2 + $1.tokens.count * 64 },
            begin: { $0.beginArray() },
            unit: { unit, writer in
                switch units[unit] {
                case .open: writer.beginArray()
                case .item(let token, let list): lists[list].write(lists[list].tokens[token], to: &writer)
                case .close: writer.endArray()
                }
            },
            end: { $0.endArray() }
        )
        return Answer(.json(body))
    }

    /// `POST /decode`: the texts of ids.
    func decode(_ request: Request, _ key: APIKey?) async throws(APIError) -> Answer {
        let fields = try RequestFields(body: request.body)
        let model = try runner.state.catalog().resolve(try fields.text(["model"])).model
        let lists = try Self.ids(fields)
        let skipsSpecials = try fields.flag(["skip_special_tokens"]) ?? true
        let count = lists.reduce(0) { $0 + $1.count }
        let texts = try await runner.tokenize(
            octets: request.body.count,
            estimate: count,
            with: model.backend,
            for: key
        ) { encoder, cancellation -> ([String?], tokens: Int) in
            let texts = lists.map { list in
                cancellation.isCancelled ? nil : encoder.tokenizer.decode(list, skipSpecialTokens: skipsSpecials)
            }
            return (texts, count)
        }
        var writer = JSONWriter()
        try writer.array { writer throws(APIError) in
            for (index, text) in texts.enumerated() {
                guard let text else {
                    let place = lists.count == 1 ? "ids" : "ids[\(index)]"
                    throw .invalid(place, type: "value_error", "\(place) has an id that is not in the vocabulary")
                }
                writer.value(text)
            }
        }
        return Answer(.json(writer.bytes))
    }

    private static func ids(_ fields: RequestFields) throws(APIError) -> [[Int32]] {
        guard let field = fields.first(["ids"]), let items = field.value.array, !items.isEmpty else {
            throw .invalid("ids", type: "missing", "`ids` should be a list of token ids, or of such lists")
        }
        if items[0].integer != nil { return [try EmbeddingsRequest.Input.ids(items, at: field.name)] }
        return try RequestFields.list(field, of: "lists of token ids", EmbeddingsRequest.Input.idList)
    }
}

/// A text and its tokens.
private struct TokenizedText {
    let octets: [UInt8]
    let tokens: [Token]

    func write(_ token: Token, to writer: inout JSONWriter) {
        writer.object {
            $0.key("id")
            $0.value(Int(token.id))
            $0.key("text")
            $0.value(token.range.map { String(decoding: octets[$0], as: UTF8.self) } ?? token.piece)
            $0.key("special")
            $0.value(token.isSpecial)
            $0.key("start")
            $0.optional(token.range?.lowerBound)
            $0.key("stop")
            $0.optional(token.range?.upperBound)
        }
    }
}
