import Synchronization

/// Tells work that runs outside of a task that nobody waits for it any more.
public final class Cancellation: Sendable {
    private let flag = Atomic(false)

    /// Makes one that nobody has cancelled.
    public init() {}

    /// Whether the work may end early, with whatever it has.
    public var isCancelled: Bool { flag.load(ordering: .relaxed) }

    /// Asks the work to end.
    public func cancel() { flag.store(true, ordering: .relaxed) }
}
