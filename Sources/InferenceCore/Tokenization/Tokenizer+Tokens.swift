extension Tokenizer {
    /// The tokens of a text with their places in it.
    ///
    /// Several times the work of `encode`, whose ids these are.
    ///
    /// - Parameters:
    ///   - text, limit, addSpecialTokens: as of `encode`.
    ///   - cancellation: may end the work early.
    /// - Returns: the tokens, or as many as there were when the work was cancelled, and whether the text was cut.
    public func tokens(
        of text: String,
        limit: Int? = nil,
        addSpecialTokens: Bool = true,
        cancellation: Cancellation = Cancellation()
    ) -> (tokens: [Token], truncated: Bool) {
        if cancellation.isCancelled { return ([], false) }
        let encoding = encode(text, limit: limit, addSpecialTokens: addSpecialTokens)
        let frame = addSpecialTokens ? postProcessor : PostProcessor()
        // A limit below the number of special tokens leaves some of them, and no content.
        let contentEnd = max(0, encoding.ids.count - frame.suffix.count)
        let content = min(frame.prefix.count, contentEnd)..<contentEnd
        var places = TokenPlaces(text, self)
        var tokens: [Token] = []
        for (index, id) in encoding.ids.enumerated() {
            if cancellation.isCancelled { break }
            let isSpecial = !content.contains(index)
            let range = isSpecial ? nil : places?.next(id)
            tokens.append(Token(id: id, piece: piece(id) ?? "", isSpecial: isSpecial, range: range))
        }
        return (tokens, encoding.truncated)
    }

    /// The text that ids stand for, as Hugging Face `tokenizers` decodes them.
    ///
    /// Octets that are not UTF-8, such as half a character at the end, become U+FFFD.
    ///
    /// - Parameter skipSpecialTokens: whether to leave out the tokens that the file calls special.
    /// - Returns: `nil` if an id is not in the vocabulary.
    public func decode(_ ids: [Int32], skipSpecialTokens: Bool = true) -> String? {
        var octets: [UInt8] = []
        var isFirst = true
        for id in ids {
            guard let piece = vocabulary.piece(id) else { return nil }
            if skipSpecialTokens, specialIDs.contains(id) { continue }
            switch model {
            case .bytePair:
                // What is not written in the byte alphabet stands for itself.
                if !vocabulary.appendOctets(of: id, to: &octets) { octets.append(contentsOf: piece.utf8) }
            case .wordPiece(let model):
                octets.append(contentsOf: model.text(of: piece, isFirst: isFirst, isCleaned: cleansDecodedText).utf8)
            }
            isFirst = false
        }
        return String(decoding: octets, as: UTF8.self)
    }

    /// The octets of normalized text that a token stands for; `nil` for the unknown token.
    func contentOctets(of id: Int32) -> [UInt8]? {
        switch model {
        case .bytePair:
            var octets: [UInt8] = []
            return vocabulary.appendOctets(of: id, to: &octets) ? octets : piece(id).map { Array($0.utf8) }
        case .wordPiece(let model):
            guard id != model.unknown, let piece = piece(id) else { return nil }
            return Array(model.content(of: piece).utf8)
        }
    }
}
