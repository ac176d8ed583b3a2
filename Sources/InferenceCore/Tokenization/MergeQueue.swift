/// Byte pair encoding of long words: a queue of merges, earliest and leftmost first, over a linked list of tokens.
///
/// Cost: n log n in the octets of the word.
struct MergeQueue: Sendable {
    private struct Symbol {
        var id: Int32
        var previous: Int32
        var next: Int32
        /// The merge with the next symbol; what the queue says of this symbol is stale if its rank differs.
        var merge: MergeTable.Merge
    }

    private var symbols: [Symbol] = []
    /// A binary heap of rank << 32 | position.
    private var heap: [UInt64] = []

    /// Appends the tokens of `word` that end within its first `kept` octets.
    ///
    /// - Returns: where the last of them ends.
    mutating func merge(_ word: UTF8Text, keeping kept: Int, _ model: ByteLevelBPE, into ids: inout [Int32]) -> Int {
        load(word, model)
        while let entry = popFirst() {
            let position = Int(entry & 0xFFFF_FFFF)
            if symbols[position].merge.rank == UInt32(entry >> 32) { apply(position, model) }
        }
        var position = 0
        while position < word.count {
            let next = symbols[position].next < 0 ? word.count : Int(symbols[position].next)
            if next > kept { break }
            ids.append(symbols[position].id)
            position = next
        }
        return position
    }

    private mutating func load(_ word: UTF8Text, _ model: ByteLevelBPE) {
        symbols.removeAll(keepingCapacity: true)
        heap.removeAll(keepingCapacity: true)
        let none = MergeTable.Merge(rank: MergeTable.noRank, id: -1)
        for i in word.indices {
            let id = model.octetID(word[i])
            let isLast = i + 1 == word.count
            let merge = isLast ? none : model.merge(id, model.octetID(word[i + 1]))
            symbols.append(Symbol(id: id, previous: Int32(i) - 1, next: isLast ? -1 : Int32(i) + 1, merge: merge))
            if merge.rank != MergeTable.noRank { heap.append(UInt64(merge.rank) << 32 | UInt64(i)) }
        }
        for i in stride(from: heap.count / 2 - 1, through: 0, by: -1) { siftDown(i) }
    }

    private mutating func apply(_ position: Int, _ model: ByteLevelBPE) {
        let removed = Int(symbols[position].next)
        let next = symbols[removed].next
        symbols[position].id = symbols[position].merge.id
        symbols[position].next = next
        symbols[removed].merge.rank = MergeTable.noRank
        if next >= 0 { symbols[Int(next)].previous = Int32(position) }
        update(position, model)
        if symbols[position].previous >= 0 { update(Int(symbols[position].previous), model) }
    }

    /// Looks up the merge of a symbol with its new neighbour.
    private mutating func update(_ position: Int, _ model: ByteLevelBPE) {
        let next = symbols[position].next
        guard next >= 0 else {
            symbols[position].merge.rank = MergeTable.noRank
            return
        }
        let merge = model.merge(symbols[position].id, symbols[Int(next)].id)
        symbols[position].merge = merge
        if merge.rank != MergeTable.noRank { push(UInt64(merge.rank) << 32 | UInt64(position)) }
    }

    private mutating func push(_ entry: UInt64) {
        heap.append(entry)
        var index = heap.count - 1
        while index > 0, heap[(index - 1) / 2] > entry {
            heap[index] = heap[(index - 1) / 2]
            index = (index - 1) / 2
        }
        heap[index] = entry
    }

    private mutating func popFirst() -> UInt64? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        if !heap.isEmpty {
            heap[0] = last
            siftDown(0)
        }
        return first
    }

    private mutating func siftDown(_ start: Int) {
        let entry = heap[start]
        var index = start
        while true {
            var child = index * 2 + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
            guard heap[child] < entry else { break }
            heap[index] = heap[child]
            index = child
        }
        heap[index] = entry
    }
}
