/// Turns the records of an input into outputs, so that every record's result is there exactly once whatever happens.
///
/// Units of records are worked on side by side and appended in the order of the input. Every second the outputs are
/// brought to the disk, and then the checkpoint says how long they are and where the input goes on: after a kill the
/// outputs are cut back to it, and at most the work of that second is done again.
///
/// Memory is that of the units at work, whatever the size of the input. All file work is on a thread of the job's own.
actor RecordJob {
    /// How much is worked on at once.
    struct Window: Sendable {
        /// The most records of a unit.
        var unitRecords: Int
        /// Octets of records after which a unit is full.
        var unitBytes: Int
        /// The most units at work.
        var units: Int
        /// Octets of records at work after which no further unit is begun.
        var bytes: Int
    }

    /// What has become of one unit.
    struct Outcome: Sendable {
        /// Octets to append to each output.
        var outputs: [[UInt8]]
        /// What has become of its records.
        var counts: JobCounts
        /// Why the job ends within the unit, and how many of its records were done before; `nil`: all are done.
        var failure: (error: any Error, done: Int)?
    }

    /// Works on a unit; an error ends the job where the last checkpoint was.
    typealias Process = @Sendable ([Record]) async throws -> Outcome

    private struct Unit {
        let records: [Record]
        let bytes: Int
    }

    /// How far the outputs have come; on the disk it may be a second older.
    private(set) var checkpoint: JobCheckpoint

    private let executor = BlockingExecutor(label: "job")
    private let checkpointPath: String
    private let window: Window
    private var reader: RecordReader
    /// Why nothing more can be read.
    private var readFailure: (any Error)?
    private let outputs: [AppendOnlyFile]
    private var savedAt = ContinuousClock.now

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private static let checkpointInterval = Duration.seconds(1)

    /// Opens the files of a job, and goes on where its checkpoint says.
    ///
    /// - Parameters:
    ///   - input: a file.
    ///   - outputPaths: files to append to.
    ///   - checkpointPath: where the checkpoint is, or is to be.
    ///   - start: where to begin without one; the outputs are to be as long as it says.
    init(
        input: String,
        format: RecordFormat,
        skipsBlankLines: Bool,
        outputPaths: [String],
        checkpointPath: String,
        start: JobCheckpoint? = nil,
        window: Window
    ) throws {
        let checkpoint =
            try JobCheckpoint.read(checkpointPath) ?? start ?? JobCheckpoint(outputs: outputPaths.count)
        reader = try RecordReader(
            try InputFile(path: input),
            format: format,
            from: checkpoint.position,
            skipsBlankLines: skipsBlankLines
        )
        outputs = try zip(outputPaths, checkpoint.outputBytes).map { try AppendOnlyFile(path: $0, length: $1) }
        self.checkpoint = checkpoint
        self.checkpointPath = checkpointPath
        self.window = window
    }

    /// Works until the input ends; an error and cancellation leave a checkpoint too.
    ///
    /// - Parameter onProgress: called with the checkpoint after every unit that was appended.
    func run(
        _ process: @escaping Process,
        onProgress: @escaping @Sendable (JobCheckpoint) throws -> Void = { _ in }
    ) async throws {
        do {
            try await work(process, onProgress)
        } catch {
            try? save()
            throw error
        }
        try save()
    }

    /// Puts octets in place of the first ones of an output, once the job is done.
    func replaceStart(ofOutput index: Int, with octets: [UInt8]) throws {
        try outputs[index].replaceStart(octets)
        try outputs[index].sync()
    }

    private func work(
        _ process: @escaping Process,
        _ onProgress: @Sendable (JobCheckpoint) throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: (Int, Outcome).self) { group in
            var units: [Int: Unit] = [:]
            var finished: [Int: Outcome] = [:]
            var started = 0
            var appended = 0
            var bytes = 0
            while true {
                while units.count < window.units, units.isEmpty || bytes < window.bytes, let unit = nextUnit() {
                    let number = started
                    let records = unit.records
                    group.addTask { (number, try await process(records)) }
                    units[number] = unit
                    bytes += unit.bytes
                    started += 1
                }
                guard let (number, outcome) = try await group.next() else { break }
                finished[number] = outcome
                while let outcome = finished.removeValue(forKey: appended),
                    let unit = units.removeValue(forKey: appended)
                {
                    try append(outcome, of: unit)
                    try onProgress(checkpoint)
                    appended += 1
                    bytes -= unit.bytes
                }
                if .now - savedAt > Self.checkpointInterval { try save() }
            }
        }
        if let readFailure { throw readFailure }
    }

    /// What was read before a failure is still worked on.
    private func nextUnit() -> Unit? {
        var records: [Record] = []
        var bytes = 0
        while readFailure == nil, records.count < window.unitRecords, bytes < window.unitBytes {
            do {
                guard let record = try reader.next() else { break }
                records.append(record)
                bytes += record.octets.count
            } catch {
                readFailure = error
            }
        }
        return records.isEmpty ? nil : Unit(records: records, bytes: bytes)
    }

    private func append(_ outcome: Outcome, of unit: Unit) throws {
        for (file, octets) in zip(outputs, outcome.outputs) { try file.append(octets) }
        checkpoint.outputBytes = outputs.map(\.length)
        let done = outcome.failure?.done ?? unit.records.count
        if done > 0 { checkpoint.position = unit.records[done - 1].end }
        checkpoint.counts += outcome.counts
        if let failure = outcome.failure { throw failure.error }
    }

    /// First the outputs, then the checkpoint that counts on them.
    private func save() throws {
        for file in outputs { try file.sync() }
        try checkpoint.save(to: checkpointPath)
        savedAt = .now
    }
}
