import Synchronization

/// How far running batches have come, and how many octets are stored: known to all without a wait for the disk.
final class BatchUsage: Sendable {
    private struct State {
        var fileBytes = 0
        var running: [String: JobCheckpoint] = [:]

        var total: Int { running.values.reduce(fileBytes) { $0 + $1.outputBytes.reduce(0, +) } }
    }

    private let limit: Int
    private let state = Mutex(State())

    /// - Parameter limit: the most octets of files and results.
    init(limit: Int) {
        self.limit = limit
    }

    /// Octets stored.
    var total: Int { state.withLock { $0.total } }

    /// Refuses if what may be stored is stored.
    func check() throws(BatchStoreError) {
        if total > limit { throw .full(limit: limit) }
    }

    /// What a running batch has done; `nil` for others.
    func counts(of batch: String) -> JobCounts? { state.withLock { $0.running[batch]?.counts } }

    /// Takes down how far a batch has come; refuses if its results do not fit.
    func record(_ checkpoint: JobCheckpoint, of batch: String) throws(BatchStoreError) {
        let isFull = state.withLock {
            $0.running[batch] = checkpoint
            return $0.total > limit
        }
        if isFull { throw .full(limit: limit) }
    }

    /// Forgets a batch that is over: its results are files now.
    func forget(_ batch: String) {
        state.withLock { $0.running[batch] = nil }
    }

    /// Counts a file that comes, or with a negative number one that goes; refuses one that does not fit.
    func add(_ bytes: Int, isChecked: Bool) throws(BatchStoreError) {
        let isFull = state.withLock {
            if isChecked, $0.total + bytes > limit { return true }
            $0.fileBytes += bytes
            return false
        }
        if isFull { throw .full(limit: limit) }
    }
}
