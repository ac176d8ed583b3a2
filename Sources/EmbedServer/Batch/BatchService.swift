import Logging

/// Runs batches beside the requests, and goes on after a restart with those that were not over.
actor BatchService {
    /// Where files and batches are.
    nonisolated let store: BatchStore
    /// What the operator allows.
    nonisolated let settings: BatchSettings

    private let runner: BatchRunner
    private let logger = Logger(label: "batches")
    private var waiting: [String] = []
    private var running: [String: Task<Void, Never>] = [:]
    private var sweeper: Task<Void, Never>?
    /// Whether models are there, and the server is not ending.
    private var isStarted = false

    /// Batches at work at once, so that a small one does not wait for a large one of somebody else.
    private static let maximumRunning = 4
    /// How long a batch waits that the disk keeps from going on.
    private static let retryInterval = Duration.seconds(5)
    private static let sweepInterval = Duration.seconds(60)

    /// - Parameters:
    ///   - directory: where files and batches are.
    ///   - settings: what the operator allows.
    ///   - state: tells whether the engine has failed.
    ///   - keys: the keys in force.
    ///   - answer: answers a request as it would be answered over HTTP, however long it takes.
    init(
        directory: String,
        settings: BatchSettings,
        state: ServiceState,
        keys: KeyRing,
        answer: @escaping BatchRunner.Endpoint
    ) {
        self.settings = settings
        store = BatchStore(directory: directory, settings: settings)
        runner = BatchRunner(
            store: store,
            state: state,
            keys: keys,
            maximumLines: settings.maximumLines,
            endpoint: answer
        )
    }

    /// Begins to work, once the models are there.
    func start() async {
        isStarted = true
        if store.exists {
            do throws(BatchStoreError) {
                for batch in try await store.open() where !waiting.contains(batch.id) {
                    logger.notice("batch goes on", metadata: ["batch": .string(batch.id)])
                    waiting.append(batch.id)
                }
            } catch {
                logger.warning("no batches: \(error)")
            }
        }
        startWaiting()
        sweeper = Task {
            while (try? await Task.sleep(for: Self.sweepInterval)) != nil { await sweep() }
        }
    }

    /// Stores a batch and has it run.
    func submit(_ batch: Batch) async throws(BatchStoreError) {
        try await resume()
        try await store.add(batch)
        logger.notice("batch", metadata: ["batch": .string(batch.id), "input": .string(batch.inputFileID)])
        waiting.append(batch.id)
        startWaiting()
    }

    /// Stops the work; each batch leaves a checkpoint.
    func stop() async {
        isStarted = false
        sweeper?.cancel()
        let tasks = running.values
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }

    /// Opens a store that could not be opened at the start, and takes up what is in it.
    private func resume() async throws(BatchStoreError) {
        for batch in try await store.open() where running[batch.id] == nil && !waiting.contains(batch.id) {
            waiting.append(batch.id)
        }
    }

    private func startWaiting() {
        while isStarted, running.count < Self.maximumRunning, !waiting.isEmpty {
            let id = waiting.removeFirst()
            running[id] = Task { await run(id) }
        }
    }

    private func run(_ id: String) async {
        while !Task.isCancelled {
            do {
                try await runner.run(id)
                await report(id)
                break
            } catch is CancellationError {
                break
            } catch {
                logger.error("batch cannot go on: \(error)", metadata: ["batch": .string(id)])
                await store.note([BatchFault(obstacle: error)], of: id)
                try? await Task.sleep(for: Self.retryInterval)
                await store.note([], of: id)
            }
        }
        running[id] = nil
        startWaiting()
    }

    private func report(_ id: String) async {
        guard let batch = try? await store.batch(id) else { return }
        logger.notice(
            "batch over",
            metadata: [
                "batch": .string(id), "status": .string(batch.status.rawValue),
                "completed": .stringConvertible(batch.counts.completed),
                "failed": .stringConvertible(batch.counts.failed), "tokens": .stringConvertible(batch.counts.tokens),
            ]
        )
    }

    private func sweep() async {
        do {
            try await store.sweep(at: Timestamp.now.seconds, batchLifetime: settings.retentionHours * 3_600)
        } catch {
            logger.error("expired files not deleted: \(error)")
        }
    }
}

extension BatchFault {
    /// What keeps a batch from going on for now; paths are for the log only.
    init(obstacle: any Error) {
        switch obstacle {
        case let error as RevokedKey:
            self.init(code: "invalid_api_key", message: "The batch waits: \(error).")
        case BatchStoreError.full:
            self.init(
                code: "insufficient_storage",
                message: "The batch waits: the server stores as much as its operator allows. Delete files."
            )
        case let error as IOError:
            self.init(code: "insufficient_storage", message: "The batch waits for the server's disk: \(error.reason).")
        case BatchStoreError.io(let error):
            self.init(code: "insufficient_storage", message: "The batch waits for the server's disk: \(error.reason).")
        default:
            self.init(code: "server_error", message: "The batch waits: the server cannot go on with it.")
        }
    }
}
