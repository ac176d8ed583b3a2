import Synchronization

/// All metrics of a server, in the order they were made.
///
/// A counter or histogram can only be made with one, and is in its text from then on.
final class MetricRegistry: Sendable {
    /// Writes the samples of one or more metrics.
    typealias Source = @Sendable (inout MetricText) -> Void
    private let sources = Mutex<[Source]>([])

    /// Adds metrics.
    func add(_ source: @escaping Source) {
        sources.withLock { $0.append(source) }
    }

    /// Writes all of them.
    func write(to output: inout MetricText) {
        for source in sources.withLock({ $0 }) { source(&output) }
    }
}
