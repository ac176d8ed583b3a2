import HTTPCore

/// Embeds a file into another one, and goes on where it was stopped.
///
/// Beside the output lies its checkpoint. It stays there when all is done: the same command finds nothing to do then.
struct BulkJob: Sendable {
    /// What becomes of what.
    let item: BulkPlan.Item
    /// Where text and id of a record are.
    let fields: RecordText.Fields
    /// Embeds the texts.
    let embedder: any TextEmbedder
    /// Writes the vectors.
    let output: VectorOutput
    /// Whether bad records are noted and left behind.
    let skipsBadRecords: Bool
    /// What the octets of the output depend on besides the input, by name.
    let settings: [String: String]

    private var checkpointPath: String { item.output + ".checkpoint" }

    private var outputs: [String] { output.paths(item.output) }

    /// Embeds what is not done yet.
    ///
    /// - Parameter restarts: whether to begin anew.
    /// - Returns: what has become of all records, those of earlier runs included.
    @concurrent
    func run(restarts: Bool, progress: BulkProgress) async throws -> JobCounts {
        do {
            let (text, start) = try readHeader()
            let lock = try prepare(start, restarts: restarts)
            defer { withExtendedLifetime(lock) {} }
            return try await embed(text, from: start, progress: progress)
        } catch let error as LineError {
            throw BulkError.record(path: item.input, line: error.number, reason: error.reason)
        }
    }

    private func embed(
        _ text: RecordText,
        from start: JobCheckpoint,
        progress: BulkProgress
    ) async throws -> JobCounts {
        let job = try RecordJob(
            input: item.input,
            format: item.inputFormat,
            skipsBlankLines: skipsBlankLines,
            outputPaths: outputs,
            checkpointPath: checkpointPath,
            window: embedder.window
        )
        progress.begin(at: await job.checkpoint)
        let records = RecordEmbedder(
            text: text,
            embedder: embedder,
            output: output,
            skipsBadRecords: skipsBadRecords
        )
        do {
            try await job.run {
                try await records.outcome(of: $0)
            } onProgress: {
                progress.update($0)
            }
            let checkpoint = await job.checkpoint
            if output.format == .npy {
                let rows = checkpoint.position.records - start.position.records
                try await job.replaceStart(ofOutput: 0, with: output.header(rows: rows))
            }
            for path in outputs.dropFirst() where Disk.size(of: path) == 0 { try FileTree.remove(path) }
            progress.end(bytes: item.bytes)
            return checkpoint.counts
        } catch let error as IOError where error.path.hasPrefix(item.output) {
            throw BulkError.interrupted(error)
        }
    }

    /// An empty line is an empty text, but no JSON and no row.
    private var skipsBlankLines: Bool { item.inputFormat != .text }

    /// How to read the records, and where the first one is.
    private func readHeader() throws -> (RecordText, JobCheckpoint) {
        var start = JobCheckpoint(outputs: outputs.count)
        start.outputBytes[0] = output.header(rows: 0).count
        start.settings = settings
        start.settings?["input"] = FileStamp(path: item.input)?.contents
        guard item.inputFormat == .csv else { return (RecordText(item.inputFormat, fields), start) }
        var reader = try RecordReader(
            try InputFile(path: item.input),
            format: .csv,
            skipsBlankLines: skipsBlankLines
        )
        guard let header = try reader.next() else { return (RecordText(.csv, fields), start) }
        start.position = header.end
        return (try RecordText(header: header, fields), start)
    }

    /// Sees to it that there are a checkpoint and the outputs it tells of, and keeps other processes out.
    private func prepare(_ start: JobCheckpoint, restarts: Bool) throws -> FileHandle {
        let stored = restarts ? nil : try JobCheckpoint.read(checkpointPath)
        if stored == nil, !restarts, (Disk.size(of: item.output) ?? 0) > 0 {
            throw BulkError.outputExists(item.output)
        }
        let lock = try FileHandle(updating: item.output)
        guard lock.tryLock() else { throw BulkError.outputBusy(item.output) }
        if let stored {
            try compare(stored, with: start)
            if stored.position != start.position { return lock }
        }
        try begin(at: start)
        return lock
    }

    /// Puts the outputs where nothing is done yet, whatever they hold.
    private func begin(at start: JobCheckpoint) throws {
        try start.save(to: checkpointPath)
        for path in outputs { try FileHandle(updating: path).truncate(to: 0) }
        try AppendOnlyFile(path: item.output, length: 0).write(output.header(rows: 0)[...])
    }

    private func compare(_ stored: JobCheckpoint, with start: JobCheckpoint) throws(BulkError) {
        let before = stored.settings ?? [:]
        let now = start.settings ?? [:]
        for name in Set(before.keys).union(now.keys).sorted() where before[name] != now[name] {
            throw .changed(output: item.output, setting: name, before: before[name], now: now[name])
        }
    }
}
