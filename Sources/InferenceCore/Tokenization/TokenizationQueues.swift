import Dispatch
import Synchronization

/// Tokenizes requests off the compute threads and off Swift's cooperative pool.
///
/// A small request is tokenized where it is, since a thread hop costs more. A large one goes to one of a few serial
/// queues, one for each CPU, so that a flood of them cannot start threads without end. What is tokenized for people to
/// look at takes several times as long, and has a queue of its own: no embedding waits for it.
final class TokenizationQueues: Sendable {
    /// Texts of this many octets together take well under a millisecond.
    private static let inlineOctets = 16_384

    private let queues: [DispatchQueue]
    private let forPeople = DispatchQueue(label: "tokenize-people")
    private let next = Atomic<Int>(0)

    init() {
        queues = (0..<CPUAllowance.threads).map { DispatchQueue(label: "tokenize-\($0)") }
    }

    /// The ids of every input of a request, checked against the model's limit; while other requests compute.
    func encode(
        _ request: EmbeddingWork,
        with model: EmbeddingModel
    ) async throws(EmbeddingError) -> [Result<Encoding, EmbeddingError>] {
        let octets = request.inputs.reduce(0) { $0 + $1.octetCount }
        let queue = queues[next.add(1, ordering: .relaxed).oldValue % queues.count]
        let cancellation = Cancellation()
        return try await withTaskCancellationHandler {
            await Self.run(octets: octets, on: queue) {
                Result { () throws(EmbeddingError) in try model.encode(request, cancellation) }
            }
        } onCancel: {
            cancellation.cancel()
        }.get()
    }

    /// Runs `body`, which tokenizes text of so many octets for people.
    func runForPeople<Value: Sendable>(octets: Int, _ body: @escaping @Sendable () -> Value) async -> Value {
        await Self.run(octets: octets, on: forPeople, body)
    }

    /// Runs `body`, which tokenizes text of so many octets: here if it is short, else on the queue.
    private static func run<Value: Sendable>(
        octets: Int,
        on queue: DispatchQueue,
        _ body: @escaping @Sendable () -> Value
    ) async -> Value {
        guard octets > inlineOctets else { return body() }
        return await withUnsafeContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
    }
}

extension EmbeddingInput {
    /// Octets of the text, or of the ids.
    fileprivate var octetCount: Int {
        switch self {
        case .text(let text): text.utf8.count
        case .tokens(let ids): ids.count * MemoryLayout<Int32>.size
        }
    }
}
