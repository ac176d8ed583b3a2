/// Octets on their way to the peer, at most `capacity` of them.
///
/// A connection asks for more of an answer only when there is `room`, so a peer that reads slowly cannot make it hold
/// more than this.
struct OutputBuffer {
    /// The most octets it holds.
    let capacity: Int

    private var storage: [UInt8] = []
    private var start = 0

    /// Makes an empty buffer, which takes no memory.
    init(capacity: Int) {
        self.capacity = capacity
    }

    /// Octets that the transport has not taken yet.
    var count: Int { storage.count - start }

    /// Octets that can be appended.
    var room: Int { capacity - count }

    /// Whether the transport has taken everything.
    var isEmpty: Bool { start == storage.count }

    /// What the transport has not taken yet.
    var unsent: ArraySlice<UInt8> { storage[start...] }

    /// Adds octets, of which there must be no more than `room`.
    mutating func append(_ octets: some Collection<UInt8>) {
        precondition(octets.count <= room, "more is to be sent than there is room for")
        if start > 0 {
            storage.removeSubrange(..<start)
            start = 0
        }
        storage.makeRoom(for: octets.count, within: capacity)
        storage.append(contentsOf: octets)
    }

    /// Takes over octets as they are, if there is nothing in it; `octets` must not be longer than `room`.
    mutating func append(moving octets: consuming [UInt8]) {
        guard isEmpty, octets.count <= capacity else { return append(octets) }
        storage = octets
        start = 0
    }

    /// Forgets what the transport has taken.
    mutating func consume(_ octets: Int) {
        precondition(octets <= count, "more was sent than there was")
        start += octets
        if isEmpty { removeAll() }
    }

    /// Forgets everything, and gives the memory back.
    mutating func removeAll() {
        storage = []
        start = 0
    }
}
