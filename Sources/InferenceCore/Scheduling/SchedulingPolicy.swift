/// Decides what runs when: admission, classes, fairness, steps, deadlines, and who gets which answer.
///
/// Pure: it starts no thread and reads no clock, so a test can drive it through any schedule. `Scheduler` gives it a
/// thread, a lock and the time.
///
/// A *request* has inputs; equal inputs, also those of different requests, share one *row*, which is computed once; a
/// *step* is some rows that run in one forward pass. At most two steps run at a time: one of bulk work, paused at a yield
/// point, and an interactive one in its place.
struct SchedulingPolicy {
    typealias Instant = ContinuousClock.Instant

    /// What may wait, and what may be kept.
    struct Limits: Sendable {
        /// The most tokens, and the most inputs, that may wait in one class.
        ///
        /// A single request above it is still taken by an empty class: no wait would ever make room for it.
        var queueTokens = 262_144
        /// An interactive request whose predicted wait is longer is refused.
        var interactiveWait: Duration? = .seconds(5)
        /// A bulk request whose predicted wait is longer is refused.
        var bulkWait: Duration? = .seconds(120)
        /// The most tokens of a step, fewer where rows are long, unless one row alone has more.
        var stepTokens = 2_048
        /// The most octets of vectors kept for later requests.
        var cacheBytes = 0
    }

    /// Rows with equal keys waiting or running, and the inputs they are for.
    struct Row {
        enum Phase: Equatable {
            /// In the queue of a class.
            case waiting(Priority)
            /// In a step of a class.
            case running(Priority)
        }

        let key: RowKey
        /// Who pays for it: the first who wanted it.
        let caller: String
        /// Whether other inputs may share it, and its vector may be kept.
        let isShared: Bool
        var phase: Phase
        var inputs: [Input]
    }

    /// One input of a request.
    struct Input {
        let request: Int
        let index: Int
    }

    /// Rows that run in one forward pass, those of one adapter next to each other.
    struct Step: Sendable {
        let priority: Priority
        let model: Int
        /// The numbers of the rows.
        let rows: [Int]
        /// What to run, in the same order.
        let keys: [RowKey]

        /// Tokens of all rows.
        var tokens: Int { keys.reduce(0) { $0 + $1.tokens.count } }

        /// What all rows take to compute.
        var work: Int { keys.reduce(0) { $0 + $1.work } }
    }

    /// A step on the compute thread, and the time it has had.
    struct RunningStep {
        let step: Step
        var computed = Duration.zero
    }

    var rows: [Int: Row] = [:]
    /// Rows that a further input with the same key may join.
    var shared: [RowKey: Int] = [:]
    var requests: [Int: PendingRequest] = [:]
    var queues: [Priority: FairQueue] = [.interactive: FairQueue(), .bulk: FairQueue()]
    /// Inputs that have been admitted and not answered.
    var pendingInputs: [Priority: Int] = [.interactive: 0, .bulk: 0]
    /// The paused step, if there is one, and the one that computes.
    var running: [RunningStep] = []
    /// Work a second of each model.
    var rates: [Int: RateEstimate] = [:]
    /// Seconds of bulk work in a second, while there is bulk work.
    var bulkShare = RateEstimate()
    var floor = BulkFloor()
    var cache: VectorCache
    var counts = SchedulerCounts()
    var lastRow = 0
    /// The earliest deadline of all requests, or earlier.
    var nextDeadline: Instant?
    /// Until when the time of the running step has been booked.
    var booked: Instant?
    let limits: Limits
    let stepSize: StepSize

    /// Makes the policy of a scheduler that has nothing to do.
    init(_ limits: Limits) {
        self.limits = limits
        stepSize = StepSize(limit: limits.stepTokens)
        cache = VectorCache(byteLimit: limits.cacheBytes)
    }

    /// Whether every request is answered.
    var isIdle: Bool { requests.isEmpty }

    /// Tokens that wait in a class.
    func waitingTokens(_ priority: Priority) -> Int { queues[priority]?.tokens ?? 0 }

    /// Books the time since the last call to the step that computes, and to the floor of bulk work.
    mutating func book(_ now: Instant) {
        defer { booked = now }
        guard let booked, let current = running.indices.last else { return }
        let elapsed = now - booked
        running[current].computed += elapsed
        let isBulk = running[current].step.priority == .bulk
        guard isBulk || running.count > 1 || queues[.bulk]?.isEmpty == false else { return floor.clear() }
        bulkShare.record(isBulk ? elapsed / .seconds(1) : 0, during: elapsed)
        if isBulk { floor.recordBulk(elapsed) } else { floor.recordInteractive(elapsed) }
    }
}
