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
        var id: Int32 = 0
        var start: UInt32 = 0
        /// The length of the key plus 1; 0 where the slot is free.
        var length: UInt32 = 0
    }

    private var slots = [Slot](repeating: Slot(), count: 1 << 12)
    private var octets: [UInt8] = []
    private var count = 0
    /// The length of the longest key in octets.
    private(set) var longestKey = 0

    /// Adds a key that is not there yet; false if it is.
    mutating func insert(_ key: UTF8Text, id: Int32) -> Bool {
        let hash = Self.hash(key)
        if self.id(of: key, hash: hash) != nil { return false }
        count += 1
        if count * 2 > slots.count { grow() }
        let start = UInt32(octets.count)
        octets.append(contentsOf: key)
        place(Slot(tag: Self.tag(hash), id: id, start: start, length: UInt32(key.count) + 1), hash)
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
        return slots.withUnsafeBufferPointer { slots in
            var index = Self.home(hash) & (slots.count - 1)
            while slots[index].length > 0 {
                if slots[index].tag == tag, equals(slots[index], key) { return slots[index].id }
                index = (index + 1) & (slots.count - 1)
            }
            return nil
        }
    }

    @inline(__always)
    private func equals(_ slot: Slot, _ key: UTF8Text) -> Bool {
        guard Int(slot.length) == key.count + 1 else { return false }
        return octets.withUnsafeBufferPointer { octets in
            for i in 0..<key.count where octets[Int(slot.start) + i] != key[i] { return false }
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

    private mutating func place(_ slot: Slot, _ hash: Hash) {
        var index = Self.home(hash) & (slots.count - 1)
        while slots[index].length > 0 { index = (index + 1) & (slots.count - 1) }
        slots[index] = slot
    }

    private mutating func grow() {
        let old = slots
        slots = [Slot](repeating: Slot(), count: old.count * 2)
        for slot in old where slot.length > 0 {
            let range = Int(slot.start)..<Int(slot.start + slot.length - 1)
            place(slot, octets.withUnsafeBufferPointer { Self.hash($0[part: range]) })
        }
    }
}
