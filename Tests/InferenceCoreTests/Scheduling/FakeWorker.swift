import Glibc
import Synchronization

@testable import InferenceCore

/// A compute worker that answers each row with its first id and its length, and can be held up.
final class FakeWorker: Sendable {
    /// A row whose first id is this one gets a vector that is not finite.
    static let poison: Int32 = 666

    private let gate = WaitCondition(true)
    private let failure = Mutex<ComputeFailure?>(nil)
    /// The lengths of the rows of each step, and whether it ran in place of another.
    let steps = Mutex<[(lengths: [Int], depth: Int)]>([])
    let abandoned = Atomic<Int>(0)

    /// What the scheduler runs: it yields once, and again each time the gate is looked at.
    var execute: @Sendable () -> Scheduler.Execute {
        { [self] in
            { _, step, depth, yield throws(ComputeFailure) in try self.run(step, depth, yield) }
        }
    }

    private func run(_ step: PackedStep, _ depth: Int, _ yield: () -> Bool) throws(ComputeFailure) -> [[Float]]? {
        steps.withLock { $0.append((step.sequences.map(\.count), depth)) }
        while true {
            if let failure = failure.withLock({ $0 }) { throw failure }
            guard yield() else {
                abandoned.add(1, ordering: .relaxed)
                return nil
            }
            // A step in another's place is short: it is not held up.
            if depth > 0 || gate.withLock({ $0 }) { break }
            usleep(200)
        }
        return step.sequences.map {
            let first = step.ids[$0.lowerBound]
            return first == Self.poison ? [.nan, 1] : [Float(first), Float($0.count)]
        }
    }

    /// Holds steps up at a yield point that they do not leave.
    func close() { gate.withLock { $0 = false } }

    func open() { gate.withLock { $0 = true } }

    /// Makes the running step fail, and every later one.
    func fail(_ reason: String) { failure.withLock { $0 = ComputeFailure(reason: reason) } }

    /// Waits until so many steps have begun.
    func started(_ count: Int) async throws {
        while steps.withLock({ $0.count }) < count { try await Task.sleep(for: .milliseconds(1)) }
    }

    /// The lengths of the rows of each step.
    var lengths: [[Int]] { steps.withLock { $0.map(\.lengths) } }
}
