@testable import InferenceCore

/// A random arrival mix, and a machine for it to run on.
///
/// Times are in microseconds from the start.
struct SimulatedSchedule {
    enum Kind: CaseIterable {
        /// Anything: both classes, deadlines, cancellations, repeats, poisoned inputs, small queues.
        case mixed
        /// Bulk work, and more interactive work than the machine can do.
        case flood
        /// Several callers with much bulk work each, from the beginning.
        case backlog
    }

    struct Arrival {
        let time: Int
        let submission: SchedulingPolicy.Submission
        /// When its caller goes away.
        var cancelled: Int?
    }

    let kind: Kind
    let limits: SchedulingPolicy.Limits
    let arrivals: [Arrival]
    /// When the worker fails.
    let death: Int?
    /// Work a second of each model.
    let rates: [Int]
    /// Parts of a step between yield points.
    let layers: Int

    /// The id that makes the model give NaN.
    static let poison: Int32 = 666
    static let epoch = ContinuousClock.now

    static func instant(_ time: Int) -> ContinuousClock.Instant { epoch + .microseconds(time) }

    /// What the fake model makes of a row.
    static func vector(_ key: RowKey) -> [Float]? {
        guard key.tokens[0] != poison else { return nil }
        return [Float(key.model), Float(key.adapter ?? -1), Float(key.tokens[0]), Float(key.tokens.count)]
    }

    init(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let kinds: [Kind] = [.mixed, .mixed, .mixed, .mixed, .mixed, .mixed, .mixed, .mixed, .flood, .backlog]
        kind = kinds.randomElement(using: &random)!
        layers = Int.random(in: 1...12, using: &random)
        switch kind {
        case .mixed:
            rates = [[300, 1_000, 20_000].randomElement(using: &random)!, 5_000]
            limits = SchedulingPolicy.Limits(
                queueTokens: [200, 2_000, 100_000].randomElement(using: &random)!,
                interactiveWait: Bool.random(using: &random) ? .seconds(5) : nil,
                bulkWait: Bool.random(using: &random) ? .seconds(20) : nil,
                stepTokens: [32, 256, 2_048].randomElement(using: &random)!,
                cacheBytes: [0, 2_000, 1_000_000].randomElement(using: &random)!
            )
            arrivals = Self.mixed(&random)
            death = Int.random(in: 0..<10, using: &random) == 0 ? Int.random(in: 0...1_000_000, using: &random) : nil
        case .flood:
            rates = [1_000, 1_000]
            limits = SchedulingPolicy.Limits(queueTokens: 1_000_000, interactiveWait: nil, bulkWait: nil)
            arrivals = Self.flood(&random)
            death = nil
        case .backlog:
            rates = [2_000, 2_000]
            limits = SchedulingPolicy.Limits(
                queueTokens: 1_000_000,
                interactiveWait: nil,
                bulkWait: nil,
                stepTokens: 128
            )
            arrivals = Self.backlog(&random)
            death = nil
        }
    }

    private static func mixed(_ random: inout SplitMix) -> [Arrival] {
        let gap = [500, 20_000, 200_000].randomElement(using: &random)!
        let ids: Int32 = Bool.random(using: &random) ? 12 : 100_000
        var time = 0
        return (0..<Int.random(in: 1...25, using: &random)).map { _ in
            time += Int.random(in: 0...2 * gap, using: &random)
            let isInteractive = Bool.random(using: &random)
            let model = Int.random(in: 0..<8, using: &random) == 0 ? 1 : 0
            let adapter = Bool.random(using: &random) ? nil : Int.random(in: 0..<4, using: &random)
            let isLong = !isInteractive && Int.random(in: 0..<8, using: &random) == 0
            let count = isLong ? 1 : Int.random(in: 1...(isInteractive ? 3 : 15), using: &random)
            let keys = (0..<count).map { _ in
                let id = Int32.random(in: 0..<ids, using: &random)
                let poisoned = Int.random(in: 0..<60, using: &random) == 0
                let length = isLong ? 1_100 + Int(id) % 2_000 : isInteractive ? 1 + Int(id) % 30 : 1 + Int(id) % 250
                return RowKey(
                    model: model,
                    adapter: adapter,
                    tokens: Array(repeating: poisoned ? poison : id, count: length),
                    work: length + length * length / 1_000
                )
            }
            var submission = SchedulingPolicy.Submission(rows: keys, priority: isInteractive ? .interactive : .bulk)
            submission.caller = ["a", "b", "c"].randomElement(using: &random)!
            submission.isPartial = Int.random(in: 0..<5, using: &random) == 0
            if Int.random(in: 0..<6, using: &random) == 0 {
                submission.deadline = instant(time + Int.random(in: 1...500_000, using: &random))
            }
            let leaves = Int.random(in: 0..<6, using: &random) == 0
            return Arrival(
                time: time,
                submission: submission,
                cancelled: leaves ? time + Int.random(in: 0...300_000, using: &random) : nil
            )
        }
    }

    private static func flood(_ random: inout SplitMix) -> [Arrival] {
        var id: Int32 = 1_000
        func keys(_ count: Int, _ length: Int) -> [RowKey] {
            (0..<count).map { _ in
                id += 1
                return RowKey(model: 0, adapter: nil, tokens: Array(repeating: id, count: length))
            }
        }
        let passage = Int.random(in: 50...600, using: &random)
        var arrivals = [
            Arrival(time: 0, submission: .init(rows: keys(3_000 / passage, passage), priority: .bulk))
        ]
        var time = 0
        while time < 4_000_000 {
            time += Int.random(in: 10_000...90_000, using: &random)
            let length = Int.random(in: 20...120, using: &random)
            arrivals.append(Arrival(time: time, submission: .init(rows: keys(1, length), priority: .interactive)))
        }
        return arrivals
    }

    private static func backlog(_ random: inout SplitMix) -> [Arrival] {
        var id: Int32 = 1_000
        return ["a", "b", "c"].prefix(Int.random(in: 2...3, using: &random)).map { caller in
            let length = Int.random(in: 1...40, using: &random), factor = Int.random(in: 1...3, using: &random)
            let keys = (0..<2_000 / (length * factor)).map { _ in
                id += 1
                return RowKey(
                    model: 0,
                    adapter: nil,
                    tokens: Array(repeating: id, count: length),
                    work: length * factor
                )
            }
            return Arrival(time: 0, submission: .init(rows: keys, priority: .bulk, caller: caller))
        }
    }
}
