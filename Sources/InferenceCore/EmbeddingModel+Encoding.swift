extension EmbeddingModel {
    /// The ids of every input of a request, each within the model's limit.
    ///
    /// - Parameter cancellation: may end the work between inputs.
    /// - Returns: an error in the place of an input only if the request is partial.
    func encode(
        _ request: EmbeddingWork,
        _ cancellation: Cancellation
    ) throws(EmbeddingError) -> [Result<Encoding, EmbeddingError>] {
        var encodings: [Result<Encoding, EmbeddingError>] = []
        encodings.reserveCapacity(request.inputs.count)
        for (index, input) in request.inputs.enumerated() {
            if cancellation.isCancelled { throw .cancelled }
            do throws(EmbeddingError) {
                encodings.append(.success(try encode(input, at: index, of: request)))
            } catch {
                guard request.isPartial else { throw error }
                encodings.append(.failure(error))
            }
        }
        return encodings
    }

    private func encode(
        _ input: EmbeddingInput,
        at index: Int,
        of request: EmbeddingWork
    ) throws(EmbeddingError) -> Encoding {
        let limit = min(description.maximumTokens, request.maximumTokens ?? .max)
        let encoding: Encoding
        switch input {
        case .text(let text):
            encoding = encoder.encode(text, task: request.task, limit: limit)
            // Without prompt and special tokens the empty text has no token to pool.
            guard !encoding.ids.isEmpty else { throw .emptyTokens(index: index) }
        case .tokens(let ids):
            guard !ids.isEmpty else { throw .emptyTokens(index: index) }
            for id in ids where id < 0 || id >= description.vocabularySize {
                throw .tokenOutOfRange(index: index, id: id, vocabularySize: description.vocabularySize)
            }
            encoding = Encoding(ids: Array(ids.prefix(limit)), truncated: ids.count > limit)
        }
        guard request.truncate || !encoding.truncated else { throw .inputTooLong(index: index, limit: limit) }
        return encoding
    }
}
