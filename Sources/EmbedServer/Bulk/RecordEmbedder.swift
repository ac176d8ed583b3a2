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
        let texts = parsed.compactMap { try? $0.text.get() }
        let embedded = texts.isEmpty ? EmbeddedTexts() : try await embedder.embed(texts)
        var outcome = RecordJob.Outcome(outputs: Array(repeating: [], count: output.fileCount), counts: JobCounts())
        outcome.counts.tokens = embedded.tokens
        var next = 0
        for (record, item) in zip(records, parsed) {
            let failure: LineError
            switch item.text {
            case .success:
                let result = embedded.vectors[next]
                let isTruncated = embedded.isTruncated[next]
                next += 1
                switch result {
                case .success(let vector):
                    output.write(vector, id: item.id, to: &outcome.outputs)
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
            let row = record.index - text.headerRecords
            output.write(failure, of: row, id: item.id, to: &outcome.outputs)
            outcome.counts.failed += 1
        }
        return outcome
    }

    private func parse(_ records: [Record]) -> [RecordText.Parsed] {
        var parsed: [RecordText.Parsed] = []
        for record in records {
            parsed.append(text.parse(record))
            if !skipsBadRecords, case .failure = parsed[parsed.count - 1].text { break }
        }
        return parsed
    }
}
