import Glibc
import InferenceCore

/// Writes log lines on a thread of its own: whoever logs never waits for whoever reads.
///
/// A reader that stands still, such as a collector that hangs behind a pipe, would otherwise stop the event loops one
/// after another. Lines for which there is no room are dropped and counted, and a line says so once there is room again.
final class LogQueue: Sendable {
    private struct State {
        var buffer: LogBuffer
        /// Lines dropped since the start.
        var dropped = 0
        /// Whether the thread holds lines that it has not written yet.
        var isWriting = false
        /// Whether the thread is to end.
        var isClosed = false
    }

    private let state: WaitCondition<State>

    /// How many lines were dropped: for lack of room, or because they could not be written.
    var dropped: Int { state.withLock { $0.dropped } }

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - descriptor: where lines go. It stays open as long as the queue.
    ///   - capacity: the most octets that wait. As many more may be with the thread.
    ///   - notice: the line that says how many were dropped.
    init(
        descriptor: CInt = STDERR_FILENO,
        capacity: Int = 1 << 20,
        notice: @escaping @Sendable (Int) -> [UInt8]
    ) {
        let state = WaitCondition(State(buffer: LogBuffer(capacity: capacity)))
        self.state = state
        WorkerThread.start(name: "log") {
            Self.ignoreBrokenPipes()
            while let batch = Self.next(state) {
                for portion in batch.portions(of: Int(PIPE_BUF)) { Self.write(portion, to: descriptor, state) }
                if batch.dropped > 0 { Self.write(notice(batch.dropped)[...], to: descriptor, state) }
            }
        }
    }

    deinit {
        state.withLock { $0.isClosed = true }
        state.signal()
    }

    /// Hands a line over, or drops it; returns at once.
    ///
    /// - Parameter line: ends with a newline.
    func write(_ line: [UInt8]) {
        state.withLock { if !$0.buffer.append(line) { $0.dropped += 1 } }
        state.signal()
    }

    /// Waits until all lines are written, but no longer than `duration`.
    ///
    /// - Returns: whether they are.
    @discardableResult
    func flush(within duration: Duration) -> Bool {
        state.wait(for: duration) { $0.buffer.isEmpty && !$0.isWriting ? true : nil } ?? false
    }

    /// The next lines to write; `nil` when there will be no more.
    private static func next(_ state: WaitCondition<State>) -> LogBuffer.Batch? {
        state.withLock { $0.isWriting = false }
        state.signal()
        return state.wait { state in
            if let batch = state.buffer.take() {
                state.isWriting = true
                return .some(batch)
            }
            return state.isClosed ? .some(nil) : nil
        }
    }

    private static func write(_ octets: ArraySlice<UInt8>, to descriptor: CInt, _ state: WaitCondition<State>) {
        guard octets.withUnsafeBytes({ Descriptor.writeAll($0, to: descriptor) }) != nil else { return }
        // A disk that is full or a reader that is gone: no reason to stop, but one to count.
        let lost = octets.count { $0 == UInt8(ascii: "\n") }
        state.withLock { $0.dropped += lost }
    }

    /// Has the thread's writes to a pipe without a reader fail, whatever the process does with SIGPIPE.
    private static func ignoreBrokenPipes() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}
