internal import Synchronization

/// Octets that a server holds at once for all its peers, against a limit; and those of each peer, against a part of it.
///
/// No peer can have more than half but for a single share, so that there is room for others whatever it does.
final class MemoryBudget: Sendable {
    private struct Account {
        var held = 0
        var byPeer: [PeerAddress: Int] = [:]
    }

    private let limit: Int
    private let peerLimit: Int
    private let account = Mutex(Account())

    /// Makes a budget of `limit` octets, none of them held.
    init(limit: Int) {
        self.limit = limit
        peerLimit = (limit + 1) / 2
    }

    /// Octets held now.
    var held: Int { account.withLock { $0.held } }

    /// Whether `octets` more could be held for `peer` now.
    func hasRoom(for octets: Int, of peer: PeerAddress) -> Bool {
        account.withLock { allows(octets, of: peer, beside: 0, $0) }
    }

    fileprivate func take(_ octets: Int, for peer: PeerAddress, beside own: Int) -> Bool {
        account.withLock { account in
            guard allows(octets, of: peer, beside: own, account) else { return false }
            account.held += octets
            account.byPeer[peer, default: 0] += octets
            return true
        }
    }

    fileprivate func give(_ octets: Int, of peer: PeerAddress) {
        guard octets > 0 else { return }
        account.withLock { account in
            account.held -= octets
            let rest = account.byPeer[peer, default: 0] - octets
            account.byPeer[peer] = rest > 0 ? rest : nil
        }
    }

    /// - Parameter own: what the share that grows has already.
    private func allows(_ octets: Int, of peer: PeerAddress, beside own: Int, _ account: Account) -> Bool {
        let held = account.byPeer[peer] ?? 0
        return octets <= limit - account.held && (octets <= peerLimit - held || held == own)
    }
}

/// What one request or answer holds of a `MemoryBudget`, given back when nobody holds the share any longer.
final class MemoryShare: Sendable {
    private let budget: MemoryBudget
    private let peer: PeerAddress
    private let octets = Atomic(0)

    /// Makes a share of nothing.
    init(of budget: MemoryBudget, for peer: PeerAddress) {
        self.budget = budget
        self.peer = peer
    }

    deinit {
        budget.give(octets.load(ordering: .relaxed), of: peer)
    }

    /// Makes the share `total` octets, if it is less; false if the budget does not allow it.
    ///
    /// One caller at a time.
    func grow(to total: Int) -> Bool {
        let own = octets.load(ordering: .relaxed)
        guard total > own else { return true }
        guard budget.take(total - own, for: peer, beside: own) else { return false }
        octets.store(total, ordering: .relaxed)
        return true
    }
}
