/// A dictionary from octet strings to ids, read far more often than written.
///
/// Open addressing over one array of octets: a look-up allocates nothing and makes no String. The hash runs from
/// left to right, so that all prefixes of a text are hashed in one pass.
struct ByteTable: Sendable {
    /// FNV-1a, 64 bits.
    struct Hash {
        private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

        @inline(__always)
        mutating func combine(_ byte: UInt8) {
            value = (value ^ UInt64(byte)) &* 0x100_0000_01B3
        }
    }

    private struct Slot {
        /// The upper half of the hash: tells most strangers apart without a look at their octets.
        var tag: UInt32 = 0
        /// Index of the entry, -1 where the slot is free.
        var entry: Int32 = -1
    }

    private var slots: [Slot]
    private var octets: [UInt8] = []
    private var ends: [UInt32] = []
    private var ids: [Int32] = []
    /// The length of the longest key in octets.
    private(set) var longestKey = 0

    /// Makes a table with room for `capacity` keys.
    init(capacity: Int, octets: Int = 0) {
        var size = 16
        while size < capacity * 2 { size *= 2 }
        slots = [Slot](repeating: Slot(), count: size)
        ends.reserveCapacity(capacity)
        ids.reserveCapacity(capacity)
        self.octets.reserveCapacity(octets)
    }

    /// How many keys there are.
    var count: Int { ids.count }

    /// Adds a key that is not there yet; false if it is.
    mutating func insert(_ key: UTF8Text, id: Int32) -> Bool {
        let hash = Self.hash(key)
        guard self.id(of: key, hash: hash) == nil else { return false }
        if (count + 1) * 2 > slots.count { grow() }
        octets.append(contentsOf: key)
        ends.append(UInt32(octets.count))
        ids.append(id)
        place(Int32(count - 1), hash)
        longestKey = max(longestKey, key.count)
        return true
    }

    /// The id of a key.
    func id(of key: UTF8Text) -> Int32? {
        id(of: key, hash: Self.hash(key))
    }

    /// The id of a key whose hash is known.
    @inline(__always)
    func id(of key: UTF8Text, hash: Hash) -> Int32? {
        let tag = Self.tag(hash)
        var index = Self.home(hash) & (slots.count - 1)
        while true {
            let slot = slots[index]
            if slot.entry < 0 { return nil }
            if slot.tag == tag, equals(Int(slot.entry), key) { return ids[Int(slot.entry)] }
            index = (index + 1) & (slots.count - 1)
        }
    }

    @inline(__always)
    private func equals(_ entry: Int, _ key: UTF8Text) -> Bool {
        let start = entry == 0 ? 0 : Int(ends[entry - 1])
        guard Int(ends[entry]) - start == key.count else { return false }
        return octets.withUnsafeBufferPointer { octets in
            for i in 0..<key.count where octets[start + i] != key[i] { return false }
            return true
        }
    }

    private static func hash(_ key: UTF8Text) -> Hash {
        var hash = Hash()
        for byte in key { hash.combine(byte) }
        return hash
    }

    @inline(__always)
    private static func tag(_ hash: Hash) -> UInt32 { UInt32(truncatingIfNeeded: hash.value >> 32) }

    @inline(__always)
    private static func home(_ hash: Hash) -> Int { Int(truncatingIfNeeded: hash.value ^ hash.value >> 29) }

    private mutating func place(_ entry: Int32, _ hash: Hash) {
        var index = Self.home(hash) & (slots.count - 1)
        while slots[index].entry >= 0 { index = (index + 1) & (slots.count - 1) }
        slots[index] = Slot(tag: Self.tag(hash), entry: entry)
    }

    private mutating func grow() {
        slots = [Slot](repeating: Slot(), count: slots.count * 2)
        var start = 0
        for entry in 0..<count {
            let end = Int(ends[entry])
            let hash = octets.withUnsafeBufferPointer { Self.hash($0[part: start..<end]) }
            place(Int32(entry), hash)
            start = end
        }
    }
}
