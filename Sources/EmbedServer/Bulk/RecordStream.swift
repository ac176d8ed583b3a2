/// Embeds records as they come, and writes each vector as a line to standard output in the same order.
struct RecordStream {
    /// How the input holds records.
    let format: RecordFormat
    /// Where text and id of a record are.
    let fields: RecordText.Fields
    /// Embeds the texts.
    let embedder: any TextEmbedder
    /// Writes the vectors.
    let output: VectorOutput
    /// Whether bad records are noted and left behind.
    let skipsBadRecords: Bool

    private static let maximumRecords = 256
    private static let maximumBytes = 1 << 20

    /// Embeds until the input ends.
    func run(_ input: consuming InputFile) async throws {
        var reader = try RecordReader(input, format: format, skipsBlankLines: format == .csv)
        var text = RecordText(format, fields)
        if format == .csv {
            guard let header = try reader.next() else { return }
            text = try RecordText(header: header, fields)
        }
        let limit = embedder.maximumTokens.map { "\($0) tokens" } ?? "the model's limit"
        let records = RecordEmbedder(
            text: text,
            embedder: embedder,
            output: self.output,
            skipsBadRecords: skipsBadRecords
        ) { StandardError.write("warning: line \($0): cut to \(limit)\n") }
        var output = StandardOutput()
        while let (batch, failure) = nextBatch(&reader) {
            if !batch.isEmpty {
                let outcome = try await records.outcome(of: batch)
                try output.write(outcome.outputs[0])
                try output.flush()
                if let failure = outcome.failure { throw failure.error }
            }
            if let failure { throw failure }
        }
    }

    /// Takes records until there are enough to keep the engine busy, or until the next one would have to be waited for.
    ///
    /// A failure to read ends the batch; the records before it are still to be answered.
    private func nextBatch(_ reader: inout RecordReader) -> (records: [Record], failure: (any Error)?)? {
        var batch: [Record] = []
        var size = 0
        while batch.isEmpty || batch.count < Self.maximumRecords && size < Self.maximumBytes && reader.hasRecord {
            do {
                guard let record = try reader.next() else { break }
                batch.append(record)
                size += record.octets.count
            } catch {
                return (batch, error)
            }
        }
        return batch.isEmpty ? nil : (batch, nil)
    }
}
