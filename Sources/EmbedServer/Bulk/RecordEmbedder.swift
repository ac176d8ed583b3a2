import JSONCore

/// The way from records to the octets of the outputs.
struct RecordEmbedder: Sendable {
    /// Finds the text of a record.
    let text: RecordText
    /// Embeds it.
    let embedder: any TextEmbedder
    /// Writes the vector.
    let output: VectorOutput
    /// Whether a bad record is noted in the outputs; if not, it ends the work.
    let skipsBadRecords: Bool
    /// Hears of the lines whose text was cut to the model's limit.
    var onTruncation: @Sendable (Int) -> Void = { _ in }

    /// Embeds records; those behind one that ends the work are left alone.
    func outcome(of records: [Record]) async throws -> RecordJob.Outcome {
        let parsed = parse(records)
        let texts = parsed.compactMap { try? $0.get().text }
        let embedded = texts.isEmpty ? EmbeddedTexts() : try await embedder.embed(texts)
        var outcome = RecordJob.Outcome(outputs: Array(repeating: [], count: output.fileCount), counts: JobCounts())
        outcome.counts.tokens = embedded.tokens
        var next = 0
        for (record, item) in zip(records, parsed) {
            var id: JSONValue?
            let failure: LineError
            switch item {
            case .success(let item):
                id = item.id
                let result = embedded.vectors[next]
                let isTruncated = embedded.isTruncated[next]
                next += 1
                switch result {
                case .success(let vector):
                    output.write(vector, id: id, to: &outcome.outputs)
                    outcome.counts.completed += 1
                    if isTruncated {
                        outcome.counts.truncated += 1
                        onTruncation(record.line)
                    }
                    continue
                case .failure(let error): failure = LineError(number: record.line, reason: error.reason)
                }
            case .failure(let error): failure = error
            }
            guard skipsBadRecords else {
                outcome.failure = (failure, outcome.counts.completed)
                return outcome
            }
            output.write(failure, of: record.index - text.headerRecords, id: id, to: &outcome.outputs)
            outcome.counts.failed += 1
        }
        return outcome
    }

    private func parse(_ records: [Record]) -> [Result<RecordText.Parsed, LineError>] {
        var parsed: [Result<RecordText.Parsed, LineError>] = []
        for record in records {
            do throws(LineError) {
                parsed.append(.success(try text.parse(record)))
            } catch {
                parsed.append(.failure(error))
                if !skipsBadRecords { break }
            }
        }
        return parsed
    }
}
