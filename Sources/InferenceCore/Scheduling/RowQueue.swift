import DequeModule

/// The rows that wait for the compute worker, bounded in tokens.
///
/// Pure: no thread, no clock.
struct RowQueue {
    /// One input of a request.
    struct Row: Sendable, Equatable {
        /// The request it belongs to.
        let request: RequestNumber
        /// Its place among the request's inputs.
        let index: Int
        /// Which model it runs on.
        let model: Int
        /// Which of the model's adapters; `nil`: none.
        let adapter: Int?
        /// Its ids; at least one.
        let tokens: [Int32]
    }

    /// Tells requests apart, for as long as the process lives.
    typealias RequestNumber = Int

    /// Tokens of all rows that wait.
    private(set) var waitingTokens = 0
    private let tokenLimit: Int
    private var rows = Deque<Row>()

    /// Makes an empty queue.
    ///
    /// - Parameter tokenLimit: the most tokens that may wait. A single request above it is still taken by an empty
    ///   queue: no wait would ever make room for it.
    init(tokenLimit: Int) {
        self.tokenLimit = tokenLimit
    }

    /// Whether nothing waits.
    var isEmpty: Bool { rows.isEmpty }

    /// Adds all rows of a request, or none if they would overfill the queue.
    mutating func admit(_ request: [Row]) -> Bool {
        let tokens = request.reduce(0) { $0 + $1.tokens.count }
        guard rows.isEmpty || waitingTokens + tokens <= tokenLimit else { return false }
        rows.append(contentsOf: request)
        waitingTokens += tokens
        return true
    }

    /// Drops the rows of a request that have not been taken.
    mutating func remove(_ request: RequestNumber) {
        rows.removeAll { $0.request == request }
        waitingTokens = rows.reduce(0) { $0 + $1.tokens.count }
    }

    /// Takes the rows of the next step: in order of arrival, of the first row's model, as many as fit.
    ///
    /// They are returned by adapter, in order of arrival within each, so that an adapter's rows lie together.
    ///
    /// - Parameter tokenBudget: the most tokens of the step; a first row above it goes alone.
    mutating func nextStep(tokenBudget: Int) -> [Row] {
        guard let first = rows.popFirst() else { return [] }
        var step = [first]
        var tokens = first.tokens.count
        while let next = rows.first, next.model == first.model, tokens + next.tokens.count <= tokenBudget {
            rows.removeFirst()
            step.append(next)
            tokens += next.tokens.count
        }
        waitingTokens -= tokens
        // Grouping, not `sort`: the order of arrival within an adapter is to stay.
        let adapters = Set(step.map { $0.adapter ?? -1 }).sorted()
        guard adapters.count > 1 else { return step }
        return adapters.flatMap { adapter in step.filter { ($0.adapter ?? -1) == adapter } }
    }
}
