internal import Synchronization

/// A running handler, as far as its connection can reach it.
final class HandlerRun: Sendable {
    private let abandoned = Atomic(false)
    private let task = Mutex<Task<Void, Never>?>(nil)

    /// Whether the client left before the answer came.
    var isAbandoned: Bool { abandoned.load(ordering: .relaxed) }

    /// Starts `body` in a task of its own, on `executor` if there is one, else on the concurrency pool.
    func start(on executor: LargeRequestExecutor?, _ body: @escaping @Sendable () async -> Void) {
        task.withLock { $0 = Task(executorPreference: executor) { await body() } }
    }

    /// Cancels the task: its answer is not wanted.
    func cancel() {
        task.withLock { $0?.cancel() }
    }

    /// Cancels the task, since the client is gone.
    func abandon() {
        abandoned.store(true, ordering: .relaxed)
        cancel()
    }
}
