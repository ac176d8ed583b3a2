internal import Dispatch

/// Where handlers of large requests run: one serial queue, beside the threads of the concurrency pool.
///
/// Decoding a body of a thousand inputs takes milliseconds, and there are only as many threads as CPUs: without this a few
/// dozen large requests at once would keep every small one waiting until all of them are decoded.
final class LargeRequestExecutor: TaskExecutor {
    /// Octets of a body from which on a request is large: decoding less takes well under a millisecond.
    static let leastOctets = 16 * 1024

    private let queue = DispatchQueue(label: "http.large")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
