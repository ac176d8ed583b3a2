/// Octets that have been read and belong to no request yet, at most `capacity` of them.
///
/// A connection reads no more than `room`, so a client that sends ahead cannot make it hold more.
struct InputBuffer {
    /// The most octets it holds.
    let capacity: Int

    /// What was appended, with a consumed part in front; never longer than `capacity`.
    private var storage: [UInt8] = []
    private var start = 0

    /// Makes an empty buffer, which takes no memory.
    init(capacity: Int) {
        self.capacity = capacity
    }

    /// Octets in it.
    var count: Int { storage.count - start }

    /// Octets that can be appended.
    var room: Int { capacity - count }

    /// Whether there is nothing in it.
    var isEmpty: Bool { start == storage.count }

    /// Adds octets, of which there must be no more than `room`.
    mutating func append(_ octets: Span<UInt8>) {
        precondition(octets.count <= room, "more was read than there is room for")
        if storage.count + octets.count > capacity {
            storage.removeSubrange(..<start)
            start = 0
        }
        storage.makeRoom(for: octets.count, within: capacity)
        storage.append(octetsOf: octets, 0..<octets.count)
    }

    /// Lets `body` read from the front; it says how far it came.
    mutating func consume<Failure: Error>(
        _ body: (Span<UInt8>, inout Int) throws(Failure) -> Void
    ) throws(Failure) {
        var position = start
        defer {
            start = position
            if isEmpty { removeAll() }
        }
        try body(storage.span, &position)
    }

    /// Forgets everything, and gives the memory back.
    mutating func removeAll() {
        storage = []
        start = 0
    }
}

extension [UInt8] {
    /// Grows the memory by doubling, as appending would, but never beyond `limit` octets.
    mutating func makeRoom(for count: Int, within limit: Int) {
        let needed = self.count + count
        if needed > capacity { reserveCapacity(Swift.min(limit, Swift.max(needed, 2 * capacity))) }
    }
}
