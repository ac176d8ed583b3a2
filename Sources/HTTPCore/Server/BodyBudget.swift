internal import Synchronization

/// Octets of request bodies that a server holds at once, over all connections, against their limit.
final class BodyBudget: Sendable {
    private let limit: Int
    private let held = Atomic(0)

    /// Makes a budget of `limit` octets, none of them held.
    init(limit: Int) {
        self.limit = limit
    }

    fileprivate func take(_ octets: Int) -> Bool {
        let (_, sum) = held.wrappingAdd(octets, ordering: .relaxed)
        if sum <= limit { return true }
        give(octets)
        return false
    }

    fileprivate func give(_ octets: Int) {
        held.wrappingSubtract(octets, ordering: .relaxed)
    }
}

/// What one request holds of a `BodyBudget`, given back when nobody holds the request any longer.
final class BodyShare: Sendable {
    private let budget: BodyBudget
    private let octets = Atomic(0)

    /// Makes a share of nothing.
    init(of budget: BodyBudget) {
        self.budget = budget
    }

    deinit {
        budget.give(octets.load(ordering: .relaxed))
    }

    /// Makes the share `total` octets, if it is less; false if the budget does not allow it.
    ///
    /// One caller at a time.
    func grow(to total: Int) -> Bool {
        let more = total - octets.load(ordering: .relaxed)
        guard more > 0 else { return true }
        guard budget.take(more) else { return false }
        octets.store(total, ordering: .relaxed)
        return true
    }
}
