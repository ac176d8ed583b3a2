/// One pass over a text or the beginning of one.
struct ContentEncoder {
    let tokenizer: Tokenizer
    /// How many ids are enough.
    let capacity: Int
    /// Whether this is all of the text; if it goes on, the words at the end of the excerpt are not yet known.
    var isWhole = true
    var scratch: Scratch

    /// Appends ids until there are `capacity`; false if the excerpt did not suffice.
    mutating func encode(_ text: UTF8Text, into ids: inout [Int32]) -> Bool {
        split(text, by: tokenizer.addedTokens, isLast: true, into: &ids) { run, part, isLast, ids in
            run.encodeNormalized(part, isLast: isLast, into: &ids)
        }
    }

    /// What the reference does with text between added tokens: normalize, look for normalized tokens, cut words.
    private mutating func encodeNormalized(_ text: UTF8Text, isLast: Bool, into ids: inout [Int32]) -> Bool {
        let tokenizer = tokenizer
        return tokenizer.normalizer.withNormalized(text) { text in
            split(text, by: tokenizer.normalizedTokens, isLast: isLast, into: &ids) { run, part, isLast, ids in
                run.encodeWords(part, isLast: isLast, into: &ids)
            }
        }
    }

    private mutating func encodeWords(_ text: UTF8Text, isLast: Bool, into ids: inout [Int32]) -> Bool {
        let end = certainEnd(of: text, isLast: isLast)
        var position = 0
        while let word = tokenizer.preTokenizer.nextWord(in: text, from: &position) {
            if word.upperBound > end {
                // The end of this word is not certain, but of a very long one the beginning is enough.
                if case .bytePair(let model) = tokenizer.model, word.lowerBound < end {
                    let known = text[part: word.lowerBound..<end]
                    _ = model.encodeParts(of: known, into: &ids, capacity: capacity, scratch: &scratch.bytePair)
                }
                return ids.count >= capacity
            }
            switch tokenizer.model {
            case .wordPiece(let model):
                model.encode(text[part: word], into: &ids, scratch: &scratch.wordPiece)
            case .bytePair(let model):
                model.encode(text[part: word], into: &ids, capacity: capacity, scratch: &scratch.bytePair)
            }
            if ids.count >= capacity { return true }
        }
        return end == text.count
    }

    /// Appends the ids of the added tokens of `text` and hands over what is between them.
    private mutating func split(
        _ text: UTF8Text,
        by added: AddedTokens,
        isLast: Bool,
        into ids: inout [Int32],
        _ encode: (inout ContentEncoder, UTF8Text, Bool, inout [Int32]) -> Bool
    ) -> Bool {
        if added.isEmpty { return encode(&self, text, isLast, &ids) }
        let end = certainEnd(of: text, isLast: isLast)
        var position = 0
        var searchStart = 0
        var spaces = SpaceRuns()
        while position < text.count {
            let match = added.nextMatch(in: text, from: position, searchStart: searchStart, spaces: &spaces)
            // The unread rest may show that a match near the end is none, or a longer one.
            let isCertain = match.map { $0.range.upperBound <= end } ?? false
            let partEnd = match?.range.lowerBound ?? text.count
            if partEnd > position {
                let part = text[part: position..<partEnd]
                guard encode(&self, part, isLast && !isCertain, &ids) else { return false }
                if ids.count >= capacity { return true }
            }
            guard let match else { break }
            if !isCertain { return false }
            ids.append(match.id)
            if ids.count >= capacity { return true }
            position = match.range.upperBound
            searchStart = match.searchEnd
        }
        return true
    }

    /// The end of what the unread rest of the text cannot change: an added token may lie across the end of the
    /// excerpt, and normalization may have made the text up to four times as long.
    private func certainEnd(of text: UTF8Text, isLast: Bool) -> Int {
        if isWhole || !isLast { return text.count }
        let reach = max(tokenizer.addedTokens.longest, tokenizer.normalizedTokens.longest) + 8
        return text.count - 4 * reach
    }
}
