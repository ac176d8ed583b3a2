import Synchronization

/// Tells people how far a bulk command is.
final class BulkProgress: Sendable {
    private struct State {
        let report: ProgressReport
        let start = ContinuousClock.now
        /// Octets of the files before the current one.
        var finishedBytes = 0
        /// What this run has done.
        var done = JobCounts()
        /// What had been done of the current file the last time.
        var counts = JobCounts()
    }

    private let state: Mutex<State>

    /// - Parameter total: octets of all inputs.
    init(total: Int) {
        state = Mutex(State(report: ProgressReport(total: total)))
    }

    /// Begins a file, where an earlier run left it.
    func begin(at checkpoint: JobCheckpoint) {
        state.withLock {
            $0.counts = checkpoint.counts
            $0.report.update(received: $0.finishedBytes + checkpoint.position.offset)
        }
    }

    /// Shows how far the current file is.
    func update(_ checkpoint: JobCheckpoint) {
        state.withLock {
            let counts = checkpoint.counts
            $0.done.completed += counts.completed + counts.failed - $0.counts.completed - $0.counts.failed
            $0.done.tokens += counts.tokens - $0.counts.tokens
            $0.counts = counts
            let seconds = max((.now - $0.start) / .seconds(1), 1e-3)
            func rate(_ count: Int) -> Int { Int((Double(count) / seconds).rounded()) }
            $0.report.update(
                received: $0.finishedBytes + checkpoint.position.offset,
                rate: "\(rate($0.done.completed)) rows/s, \(rate($0.done.tokens)) tokens/s"
            )
        }
    }

    /// Ends a file of so many octets.
    func end(bytes: Int) {
        state.withLock { $0.finishedBytes += bytes }
    }

    /// Writes a line above the bar.
    func say(_ text: String) {
        state.withLock { $0.report.say(text) }
    }

    /// Leaves the bar as it is.
    func finish() {
        state.withLock { $0.report.finish() }
    }
}
