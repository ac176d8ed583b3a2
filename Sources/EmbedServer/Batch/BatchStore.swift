import Glibc
import Logging

/// The files and batches of all clients, on a disk.
///
/// What is in memory is what is on the disk: a change is written before anybody sees it. The progress of running batches
/// is the exception, which their checkpoints hold.
actor BatchStore {
    /// Progress of running batches, and octets stored.
    nonisolated let usage: BatchUsage
    /// Where everything is.
    nonisolated let folder: BatchFolder

    private let maximumFiles: Int
    private let maximumBatches: Int
    private let executor = BlockingExecutor(label: "batches")
    private let logger = Logger(label: "batches")
    private var isOpen = false
    private var files: [String: StoredFile] = [:]
    private var batches: [String: Batch] = [:]

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - directory: a folder of this server's own, which is made when it is first needed.
    ///   - settings: how much may be stored, of all and of one owner.
    init(directory: String, settings: BatchSettings) {
        folder = BatchFolder(path: directory)
        usage = BatchUsage(limit: settings.maximumStoredBytes)
        maximumFiles = settings.maximumFiles
        maximumBatches = settings.maximumBatches
    }

    /// Whether something was stored in an earlier life.
    nonisolated var exists: Bool { folder.exists }

    /// Makes or reads the folder, unless that has been done.
    ///
    /// - Returns: the batches that are not over, if the folder was read now.
    @discardableResult
    func open() throws(BatchStoreError) -> [Batch] {
        if isOpen { return [] }
        try folder.open()
        do throws(IOError) {
            try load()
        } catch {
            throw .io(error)
        }
        isOpen = true
        return batches.values.filter { !$0.status.isFinal }.sorted { $0.createdAt < $1.createdAt }
    }

    /// Reads what is there, if anything is; makes nothing.
    private func openIfThere() throws(BatchStoreError) {
        if exists { try open() }
    }

    // MARK: - Files

    /// Stores a file.
    func add(_ file: StoredFile, content: ArraySlice<UInt8>) throws(BatchStoreError) {
        try open()
        guard files.values.count(where: { $0.owner == file.owner && $0.purpose == .batch }) < maximumFiles else {
            throw .tooMany("files", limit: maximumFiles)
        }
        try usage.add(file.storedBytes, isChecked: true)
        do throws(IOError) {
            try Disk.makeFolder(folder.folder(ofFile: file.id))
            let output = try AppendOnlyFile(path: folder.content(ofFile: file.id), length: 0)
            try output.write(content)
            try output.sync()
            try write(file, to: folder.description(ofFile: file.id))
        } catch {
            try? usage.add(-file.storedBytes, isChecked: false)
            try? Disk.removeFolder(folder.folder(ofFile: file.id))
            throw .io(error)
        }
        files[file.id] = file
    }

    /// The file with an id, if it belongs to `owner`.
    func file(_ id: String, of owner: String?) throws(BatchStoreError) -> StoredFile? {
        try openIfThere()
        return files[id].flatMap { $0.owner == owner ? $0 : nil }
    }

    /// All files of an owner, the newest first.
    func files(of owner: String?) throws(BatchStoreError) -> [StoredFile] {
        try openIfThere()
        return files.values.filter { $0.owner == owner }
            .sorted { ($0.createdAt, $0.id) > ($1.createdAt, $1.id) }
    }

    /// Deletes a file, unless a batch needs it.
    func remove(_ file: StoredFile) throws(BatchStoreError) {
        if let batch = batches.values.first(where: { !$0.status.isFinal && $0.inputFileID == file.id }) {
            throw .inUse(batch: batch.id)
        }
        guard files[file.id] != nil else { return }
        do throws(IOError) {
            try Disk.removeFolder(folder.folder(ofFile: file.id))
        } catch {
            throw .io(error)
        }
        files[file.id] = nil
        try usage.add(-file.storedBytes, isChecked: false)
    }

    // MARK: - Batches

    /// Stores a batch that is to run.
    func add(_ batch: Batch) throws(BatchStoreError) {
        try open()
        try checkNumber(ofBatchesLike: batch)
        try usage.add(batch.storedBytes, isChecked: true)
        do throws(IOError) {
            for id in [batch.outputFileID, batch.errorFileID] { try Disk.makeFolder(folder.folder(ofFile: id)) }
            try Disk.makeFolder(folder.folder(ofBatch: batch.id))
            try write(batch, to: folder.description(ofBatch: batch.id))
        } catch {
            try? usage.add(-batch.storedBytes, isChecked: false)
            for id in [batch.outputFileID, batch.errorFileID] { try? Disk.removeFolder(folder.folder(ofFile: id)) }
            try? Disk.removeFolder(folder.folder(ofBatch: batch.id))
            throw .io(error)
        }
        batches[batch.id] = batch
    }

    /// Refuses a batch beyond those that its owner may have, or whose two results would be more than they may leave.
    private func checkNumber(ofBatchesLike batch: Batch) throws(BatchStoreError) {
        let owner = batch.owner.key
        let others = batches.values.filter { $0.owner.key == owner }
        let results = files.values.count { $0.owner == owner && $0.purpose == .batchOutput }
        let expected = 2 * others.count { !$0.status.isFinal }
        guard others.count < maximumBatches, results + expected < 2 * maximumBatches else {
            throw .tooMany("batches", limit: maximumBatches)
        }
    }

    /// The batch with an id, with its present progress; whoever asks is to look at its owner.
    func batch(_ id: String) throws(BatchStoreError) -> Batch? {
        try openIfThere()
        return batches[id].map(withProgress)
    }

    /// All batches of a key, the newest first.
    func batches(ofKey key: String?) throws(BatchStoreError) -> [Batch] {
        try openIfThere()
        return batches.values.filter { $0.owner.key == key }
            .sorted { ($0.createdAt, $0.id) > ($1.createdAt, $1.id) }
            .map(withProgress)
    }

    /// Changes a batch, on the disk first.
    @discardableResult
    func update(_ id: String, _ change: @Sendable (inout Batch) -> Void) throws(BatchStoreError) -> Batch? {
        guard let old = batches[id] else { return nil }
        var batch = old
        change(&batch)
        guard batch != old else { return withProgress(old) }
        do throws(IOError) {
            try write(batch, to: folder.description(ofBatch: id))
        } catch {
            throw .io(error)
        }
        batches[id] = batch
        return withProgress(batch)
    }

    /// Says what keeps a batch from going on, until the process ends or the batch goes on; the disk may be what it is.
    func note(_ faults: [BatchFault], of id: String) {
        batches[id]?.faults = faults
    }

    /// Makes files of what a batch has written, and ends it.
    func finish(_ id: String, as status: BatchStatus, at now: Int) throws(BatchStoreError) {
        guard let batch = batches[id] else { return }
        let ids = [batch.outputFileID, batch.errorFileID]
        var isThere: [Bool] = []
        for (id, kind) in zip(ids, ["output", "error"]) {
            isThere.append(try publish(id, named: "\(batch.id)_\(kind).jsonl", of: batch, at: now))
        }
        let counts = usage.counts(of: id) ?? batch.counts
        let (hasOutput, hasErrors) = (isThere[0], isThere[1])
        try update(id) {
            $0.counts = counts
            $0.hasOutput = hasOutput
            $0.hasErrors = hasErrors
            $0.move(to: status, at: now)
        }
        usage.forget(id)
    }

    /// Deletes what has had its time.
    func sweep(at now: Int, batchLifetime: Int) throws(BatchStoreError) {
        guard isOpen else { return }
        for file in files.values where file.expiresAt <= now {
            do throws(BatchStoreError) {
                try remove(file)
            } catch {
                guard case .inUse = error else { throw error }
            }
        }
        for batch in batches.values where batch.status.isFinal {
            guard let ended = batch.times[batch.status], ended + batchLifetime <= now else { continue }
            do throws(IOError) {
                try Disk.removeFolder(folder.folder(ofBatch: batch.id))
            } catch {
                throw .io(error)
            }
            batches[batch.id] = nil
            try usage.add(-batch.storedBytes, isChecked: false)
        }
    }

    // MARK: - Disk

    private func withProgress(_ batch: Batch) -> Batch {
        var batch = batch
        if let counts = usage.counts(of: batch.id) { batch.counts = counts }
        return batch
    }

    /// Makes a file of what was written under `id`; false if nothing was.
    private func publish(_ id: String, named name: String, of batch: Batch, at now: Int) throws(BatchStoreError) -> Bool
    {
        let bytes = Disk.size(of: folder.content(ofFile: id)) ?? 0
        do throws(IOError) {
            guard bytes > 0 else {
                try Disk.removeFolder(folder.folder(ofFile: id))
                return false
            }
            let file = StoredFile(
                id: id,
                owner: batch.owner.key,
                bytes: bytes,
                createdAt: now,
                expiresAt: now + batch.outputLifetime,
                filename: name,
                purpose: .batchOutput
            )
            try write(file, to: folder.description(ofFile: id))
            if files.updateValue(file, forKey: id) == nil { try? usage.add(file.storedBytes, isChecked: false) }
            return true
        } catch {
            throw .io(error)
        }
    }

    private func write(_ value: some Encodable, to path: String) throws(IOError) {
        do {
            try StoredJSON.write(value, to: path)
        } catch let error as IOError {
            throw error
        } catch {
            preconditionFailure("a description that is no JSON: \(error)")
        }
    }

    /// Reads all descriptions; one that cannot be read is left alone and logged, what was never finished is removed.
    private func load() throws(IOError) {
        for id in try Disk.names(in: folder.path + "/batches") {
            guard let batch = read(Batch.self, folder.description(ofBatch: id)) else { continue }
            batches[id] = batch
            try? usage.add(batch.storedBytes, isChecked: false)
            guard !batch.status.isFinal else { continue }
            if let checkpoint = read(JobCheckpoint.self, folder.checkpoint(ofBatch: id)) {
                try? usage.record(checkpoint, of: id)
            }
        }
        let running = batches.values.filter { !$0.status.isFinal }
        let unfinished = Set(running.flatMap { [$0.outputFileID, $0.errorFileID] })
        for id in try Disk.names(in: folder.path + "/files") {
            if Disk.size(of: folder.description(ofFile: id)) == nil {
                if !unfinished.contains(id) { try Disk.removeFolder(folder.folder(ofFile: id)) }
            } else if let file = read(StoredFile.self, folder.description(ofFile: id)) {
                files[id] = file
                try? usage.add(file.storedBytes, isChecked: false)
            }
        }
    }

    private func read<Value: Decodable>(_ type: Value.Type, _ path: String) -> Value? {
        guard Disk.size(of: path) != nil else { return nil }
        do {
            return try StoredJSON.read(type, from: path)
        } catch {
            logger.error("left alone: \(error)")
            return nil
        }
    }
}
