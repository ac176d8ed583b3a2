/// Pooled vectors at full width, kept until their memory is needed for newer ones: least recently used goes first.
///
/// Entries form a doubly linked list in order of use, in slots of one array.
struct VectorCache {
    private struct Entry {
        let key: RowKey
        let vector: [Float]
        var newer: Int?
        var older: Int?

        /// Octets of ids, vector and scope, and about what dictionary, list and array headers take.
        var bytes: Int { key.tokens.count * 4 + vector.count * 4 + (key.scope?.utf8.count ?? 0) + 256 }
    }

    /// Octets of all entries.
    private(set) var bytes = 0
    private let byteLimit: Int
    private var slots: [RowKey: Int] = [:]
    private var entries: [Entry?] = []
    private var free: [Int] = []
    private var newest: Int?
    private var oldest: Int?

    /// Makes an empty cache.
    ///
    /// - Parameter byteLimit: the most octets to keep; 0 keeps nothing.
    init(byteLimit: Int) {
        self.byteLimit = byteLimit
    }

    /// How many vectors there are.
    var count: Int { slots.count }

    /// Finds a vector and makes it the most recently used.
    mutating func vector(for key: RowKey) -> [Float]? {
        guard byteLimit > 0, let slot = slots[key] else { return nil }
        if slot != newest {
            unlink(slot)
            linkAsNewest(slot)
        }
        return entries[slot]?.vector
    }

    /// Keeps a vector, at the cost of the least recently used ones.
    ///
    /// One that is too large for the cache is not kept.
    mutating func insert(_ vector: [Float], for key: RowKey) {
        let entry = Entry(key: key, vector: vector)
        guard entry.bytes <= byteLimit, slots[key] == nil else { return }
        while bytes + entry.bytes > byteLimit, let oldest { remove(oldest) }
        let slot = free.popLast() ?? entries.count
        if slot == entries.count { entries.append(entry) } else { entries[slot] = entry }
        slots[key] = slot
        bytes += entry.bytes
        linkAsNewest(slot)
    }

    private mutating func remove(_ slot: Int) {
        unlink(slot)
        guard let entry = entries[slot] else { return }
        entries[slot] = nil
        slots[entry.key] = nil
        bytes -= entry.bytes
        free.append(slot)
    }

    private mutating func linkAsNewest(_ slot: Int) {
        entries[slot]?.newer = nil
        entries[slot]?.older = newest
        if let newest { entries[newest]?.newer = slot } else { oldest = slot }
        newest = slot
    }

    private mutating func unlink(_ slot: Int) {
        guard let entry = entries[slot] else { return }
        if let newer = entry.newer { entries[newer]?.older = entry.older } else { newest = entry.older }
        if let older = entry.older { entries[older]?.newer = entry.newer } else { oldest = entry.newer }
    }
}
