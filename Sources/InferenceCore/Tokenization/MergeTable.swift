/// Which two tokens merge into which, and how early: the learnt part of byte pair encoding.
struct MergeTable: Sendable {
    /// The place of a merge in the order of learning, and what it makes.
    struct Merge: Sendable, Equatable {
        /// Lower merges first; `noRank` where two tokens do not merge.
        var rank: UInt32
        var id: Int32
    }

    /// The rank of no merge.
    static let noRank = UInt32.max
    private static let none = Merge(rank: noRank, id: -1)

    private struct Slot {
        var left: Int32 = -1
        var right: Int32 = -1
        var merge = MergeTable.none
    }

    private var slots = [Slot](repeating: Slot(), count: 1 << 12)
    private var count = 0

    /// Sets what a pair merges into; a later merge of the same pair counts.
    mutating func set(_ left: Int32, _ right: Int32, _ merge: Merge) {
        if count * 3 > slots.count * 2 { grow() }
        place(Slot(left: left, right: right, merge: merge))
    }

    private mutating func place(_ slot: Slot) {
        var index = home(slot.left, slot.right)
        while slots[index].left >= 0, slots[index].left != slot.left || slots[index].right != slot.right {
            index = (index + 1) & (slots.count - 1)
        }
        if slots[index].left < 0 { count += 1 }
        slots[index] = slot
    }

    private mutating func grow() {
        let old = slots
        slots = [Slot](repeating: Slot(), count: old.count * 2)
        count = 0
        for slot in old where slot.left >= 0 { place(slot) }
    }

    /// What a pair merges into.
    @inline(__always)
    func merge(_ left: Int32, _ right: Int32) -> Merge {
        slots.withUnsafeBufferPointer { slots in
            var index = home(left, right)
            while slots[index].left >= 0 {
                if slots[index].left == left, slots[index].right == right { return slots[index].merge }
                index = (index + 1) & (slots.count - 1)
            }
            return Self.none
        }
    }

    @inline(__always)
    private func home(_ left: Int32, _ right: Int32) -> Int {
        let pair = UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
        let mixed = pair &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: (mixed ^ mixed >> 32) >> 8) & (slots.count - 1)
    }
}
