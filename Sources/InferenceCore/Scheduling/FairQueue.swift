import DequeModule

/// The rows of one class that wait, shared out between callers in proportion to work.
///
/// Pure: no thread, no clock.
///
/// Start-time fair queueing (Goyal, Vin & Cheng 1996): every caller has a virtual time that its rows' work advances,
/// and the caller with the smallest goes next. A caller that comes back starts no earlier than the row served last, so
/// idling saves nothing up. Rows of one caller keep their order.
struct FairQueue {
    /// A row that waits.
    struct Entry: Equatable {
        /// Its number; later rows have larger ones.
        let row: Int
        /// The model that it runs on.
        let model: Int
        /// How many tokens it has.
        let tokens: Int
        /// What it takes to compute.
        let work: Int

        /// The row `number` with this key.
        init(_ number: Int, _ key: RowKey) {
            (row, model, tokens, work) = (number, key.model, key.tokens.count, key.work)
        }
    }

    private struct Caller {
        var entries = Deque<Entry>()
        /// Work done for this caller, counted from the same origin for all.
        var virtualTime: Int
        /// Its waiting work by model.
        var waiting: [Int: Int] = [:]
    }

    /// Tokens of all rows that wait.
    private(set) var tokens = 0
    private var callers: [String: Caller] = [:]
    /// The virtual time at which the row served last began.
    private var clock = 0

    /// Whether nothing waits.
    var isEmpty: Bool { tokens == 0 }

    /// Adds a row behind the others of its caller.
    mutating func append(_ entry: Entry, caller name: String) {
        var caller = callers[name] ?? Caller(virtualTime: clock)
        if caller.entries.isEmpty { caller.virtualTime = max(caller.virtualTime, clock) }
        caller.entries.append(entry)
        caller.waiting[entry.model, default: 0] += entry.work
        callers[name] = caller
        tokens += entry.tokens
    }

    /// Drops rows.
    mutating func remove(_ rows: Set<Int>) {
        if rows.isEmpty { return }
        for (name, var caller) in callers {
            for entry in caller.entries where rows.contains(entry.row) {
                caller.waiting[entry.model, default: 0] -= entry.work
                tokens -= entry.tokens
            }
            caller.entries.removeAll { rows.contains($0.row) }
            callers[name] = caller
        }
        forgetIdleCallers()
    }

    /// Takes the rows of the next step: all of one model, fairly from all callers.
    ///
    /// - Parameter budget: the most work of a step on this model; a first row above it goes alone.
    mutating func takeStep(budget: (_ model: Int) -> Int) -> [Entry] {
        var step: [Entry] = []
        var room = 0
        // Callers whose next row is of another model or does not fit: the next step begins with them. Others may fill
        // the step, but not get ahead of them by more than a step.
        var skipped: Set<String> = []
        var latest = Int.max
        while let (name, entry, time) = next(except: skipped), time <= latest {
            if let first = step.first {
                guard entry.model == first.model, entry.work <= room else {
                    skipped.insert(name)
                    latest = min(latest, time + budget(first.model))
                    continue
                }
            } else {
                room = budget(entry.model)
            }
            step.append(entry)
            room -= entry.work
            serve(name, entry)
        }
        forgetIdleCallers()
        return step
    }

    /// The work, by model, that is done before the last of some further work of `caller`: all that it has, and of
    /// every other caller no more than its own, since callers are served in turn.
    func workAhead(of caller: String, adding further: Int) -> [Int: Int] {
        var ahead = callers[caller]?.waiting ?? [:]
        let own = ahead.values.reduce(0, +) + further
        for (name, other) in callers where name != caller {
            let work = other.waiting.values.reduce(0, +)
            guard work > 0 else { continue }
            let share = min(1, Double(own) / Double(work))
            for (model, work) in other.waiting { ahead[model, default: 0] += Int(Double(work) * share) }
        }
        return ahead
    }

    /// The work of all rows, by model.
    var workByModel: [Int: Int] {
        callers.values.reduce(into: [:]) { $0.merge($1.waiting, uniquingKeysWith: +) }
    }

    /// The caller with the smallest virtual time that has a row; among equals the one whose row came first.
    private func next(except skipped: Set<String>) -> (name: String, entry: Entry, time: Int)? {
        var best: (name: String, entry: Entry, time: Int)?
        for (name, caller) in callers where !skipped.contains(name) {
            guard let entry = caller.entries.first else { continue }
            if let best, (best.time, best.entry.row) < (caller.virtualTime, entry.row) { continue }
            best = (name, entry, caller.virtualTime)
        }
        return best
    }

    private mutating func serve(_ name: String, _ entry: Entry) {
        clock = max(clock, callers[name]?.virtualTime ?? 0)
        callers[name]?.entries.removeFirst()
        callers[name]?.virtualTime += entry.work
        callers[name]?.waiting[entry.model, default: 0] -= entry.work
        tokens -= entry.tokens
    }

    /// Drops callers without rows once the clock has passed them: they would start at the clock anyway.
    private mutating func forgetIdleCallers() {
        if isEmpty {
            callers.removeAll()
            clock = 0
        } else {
            callers = callers.filter { !$0.value.entries.isEmpty || $0.value.virtualTime > clock }
        }
    }
}
