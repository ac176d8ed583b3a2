/// The tokens of words met before: a table of fixed size in which a new word replaces an old one.
///
/// Languages repeat themselves (Zipf's law), and a look-up here costs one cache line where merging costs dozens.
struct WordCache: Sendable {
    /// All octets of a word of at most 32, in words that may overlap, and their number.
    struct Key: Equatable {
        let a, b, c, d: UInt64
        let count: UInt32

        /// `nil` if the word is empty or too long.
        @inline(__always)
        init?(_ word: UTF8Text) {
            guard let base = word.baseAddress, 1...32 ~= word.count else { return nil }
            let raw = UnsafeRawPointer(base)
            @inline(__always) func load(_ offset: Int) -> UInt64 {
                raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            }
            let n = word.count
            count = UInt32(n)
            if n >= 8 {
                a = load(0)
                b = load(n - 8)
                c = n > 16 ? load(8) : 0
                d = n > 16 ? load(n - 16) : 0
            } else if n >= 4 {
                a = UInt64(raw.loadUnaligned(as: UInt32.self))
                b = UInt64(raw.loadUnaligned(fromByteOffset: n - 4, as: UInt32.self))
                (c, d) = (0, 0)
            } else {
                a = UInt64(word[0]) | UInt64(word[n / 2]) << 8 | UInt64(word[n - 1]) << 16
                (b, c, d) = (0, 0, 0)
            }
        }

        fileprivate init() { (a, b, c, d, count) = (0, 0, 0, 0, 0) }

        @inline(__always)
        fileprivate var hash: UInt64 {
            var hash = (a ^ UInt64(count)) &* 0x9E37_79B9_7F4A_7C15
            hash = (hash ^ hash >> 32 ^ b) &* 0xD6E8_FEB8_6659_FD93
            hash = (hash ^ hash >> 32 ^ c) &* 0x9E37_79B9_7F4A_7C15
            hash = (hash ^ hash >> 32 ^ d) &* 0xD6E8_FEB8_6659_FD93
            return hash ^ hash >> 32
        }
    }

    /// The most tokens of a word that is kept.
    private static let longest = 6
    private static let size = 1 << 14

    private struct Slot {
        var key = Key()
        var count: UInt32 = 0
        var ids: InlineArray<6, Int32> = .init(repeating: 0)
    }

    /// Empty until the first word comes.
    private var slots: [Slot] = []

    /// Appends the tokens of a word; false if they are not known.
    @inline(__always)
    func append(_ key: Key, to ids: inout [Int32]) -> Bool {
        let index = Int(truncatingIfNeeded: key.hash) & (Self.size - 1)
        return slots.withUnsafeBufferPointer { slots in
            guard !slots.isEmpty, slots[index].key == key else { return false }
            for i in 0..<Int(slots[index].count) { ids.append(slots[index].ids[i]) }
            return true
        }
    }

    /// Keeps `ids[first...]` as the tokens of a word, unless they are too many.
    mutating func store(_ key: Key, _ ids: [Int32], from first: Int) {
        let count = ids.count - first
        guard count <= Self.longest else { return }
        if slots.isEmpty { slots = [Slot](repeating: Slot(), count: Self.size) }
        var slot = Slot()
        slot.key = key
        slot.count = UInt32(count)
        for i in 0..<count { slot.ids[i] = ids[first + i] }
        slots[Int(truncatingIfNeeded: key.hash) & (Self.size - 1)] = slot
    }
}
