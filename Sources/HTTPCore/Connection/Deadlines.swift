/// The deadlines of an event loop's connections: one list for each kind of wait.
///
/// All waits of a kind are equally long, so a list is in order of expiry by construction: adding, removing and finding
/// the next to expire take constant time. There is no clock in here; the caller says what time it is.
struct Deadlines {
    /// What a connection waits for.
    enum Kind: Int, CaseIterable {
        /// The rest of a head.
        case head
        /// The next request.
        case idle
        /// More of a body.
        case body
        /// The client taking octets of an answer.
        case write
        /// The client closing after the last answer.
        case linger
    }

    /// A deadline that is set; stays valid until it is removed or has expired.
    struct Token: Equatable {
        let kind: Kind
        fileprivate let slot: Int
    }

    /// A place in the lists.
    private struct Entry {
        var owner: UInt64
        var since: ContinuousClock.Instant
        var previous: Int?
        var next: Int?
    }

    private let timeouts: [Duration]
    private var entries: [Entry] = []
    private var freeSlots: [Int] = []
    private var first = [Int?](repeating: nil, count: Kind.allCases.count)
    private var last = [Int?](repeating: nil, count: Kind.allCases.count)

    /// Makes empty lists, with a length of wait for each kind.
    init(timeout: (Kind) -> Duration) {
        timeouts = Kind.allCases.map(timeout)
    }

    /// Sets a deadline for `owner`, counted from `now`, which must not be earlier than in calls before.
    mutating func add(_ kind: Kind, for owner: UInt64, now: ContinuousClock.Instant) -> Token {
        let entry = Entry(owner: owner, since: now, previous: last[kind.rawValue], next: nil)
        let slot: Int
        if let free = freeSlots.popLast() {
            slot = free
            entries[slot] = entry
        } else {
            slot = entries.count
            entries.append(entry)
        }
        if let previous = entry.previous { entries[previous].next = slot } else { first[kind.rawValue] = slot }
        last[kind.rawValue] = slot
        return Token(kind: kind, slot: slot)
    }

    /// Takes a deadline back.
    mutating func remove(_ token: Token) {
        let entry = entries[token.slot]
        let kind = token.kind.rawValue
        if let previous = entry.previous { entries[previous].next = entry.next } else { first[kind] = entry.next }
        if let next = entry.next { entries[next].previous = entry.previous } else { last[kind] = entry.previous }
        freeSlots.append(token.slot)
    }

    /// Removes and returns a deadline that has passed, or nil if there is none.
    mutating func popExpired(now: ContinuousClock.Instant) -> (kind: Kind, owner: UInt64)? {
        for kind in Kind.allCases {
            guard let slot = first[kind.rawValue], now - entries[slot].since >= timeouts[kind.rawValue] else {
                continue
            }
            let owner = entries[slot].owner
            remove(Token(kind: kind, slot: slot))
            return (kind, owner)
        }
        return nil
    }

    /// The owner that has waited longest for `kind`.
    func oldest(_ kind: Kind) -> (owner: UInt64, since: ContinuousClock.Instant)? {
        first[kind.rawValue].map { (entries[$0].owner, entries[$0].since) }
    }
}
