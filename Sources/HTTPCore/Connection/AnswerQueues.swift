internal import Dispatch
internal import Synchronization

/// Where the content of answers is made: a few serial queues, one for each CPU, so that no event loop waits for numbers
/// to be written or a disk to be read, and no flood of slow readers starts threads without end.
final class AnswerQueues: Sendable {
    private let queues: [DispatchQueue]
    private let next = Atomic(0)

    /// Makes `count` queues.
    init(count: Int) {
        queues = (0..<max(1, count)).map { DispatchQueue(label: "http.answers.\($0)") }
    }

    /// Runs `body` on one of them, some time later.
    func run(_ body: @escaping @Sendable () -> Void) {
        let turn = next.wrappingAdd(1, ordering: .relaxed).oldValue
        queues[Int(UInt(bitPattern: turn) % UInt(queues.count))].async(execute: body)
    }
}
