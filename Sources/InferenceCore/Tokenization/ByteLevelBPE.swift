/// Byte pair encoding over octets, as GPT-2 does it after Sennrich, Haddow and Birch 2016.
///
/// A word starts as its single octets; the pair of neighbours that was learnt first is merged, the leftmost of equal
/// ones, until no pair is left that was learnt.
struct ByteLevelBPE: Sendable {
    /// Tokens by their octets.
    private let tokens: ByteTable
    private let merges: MergeTable
    /// The merges of two single octets, by first << 8 | second: most of what a word asks for, in reach of the cache.
    private let octetMerges: [MergeTable.Merge]
    /// The token of each octet.
    private let octetIDs: [Int32]
    /// Whether a word that is a token is that token, whatever the merges say.
    private let ignoresMerges: Bool

    /// Makes the model.
    ///
    /// - Parameter octetIDs: the tokens of the 256 octets.
    init(tokens: ByteTable, merges: MergeTable, octetIDs: [Int32], ignoresMerges: Bool) {
        self.tokens = tokens
        self.merges = merges
        self.octetIDs = octetIDs
        self.ignoresMerges = ignoresMerges
        octetMerges = (0..<65_536).map { merges.merge(octetIDs[$0 >> 8], octetIDs[$0 & 255]) }
    }

    /// Room to work in, kept from word to word.
    struct Scratch: Sendable {
        fileprivate var cache = WordCache()
        fileprivate var ids: [Int32] = []
        fileprivate var merges: [MergeTable.Merge] = []
        fileprivate var queue = MergeQueue()
    }

    /// Appends the ids of a word; of a very long one perhaps only as many as fill `ids` to `capacity`.
    @inline(__always)
    func encode(_ word: UTF8Text, into ids: inout [Int32], capacity: Int, scratch: inout Scratch) {
        guard let key = WordCache.Key(word) else { return encodeLong(word, into: &ids, capacity: capacity, &scratch) }
        if scratch.cache.append(key, to: &ids) { return }
        let first = ids.count
        encodeShort(word, into: &ids, &scratch)
        scratch.cache.store(key, ids, from: first)
    }

    private func encodeShort(_ word: UTF8Text, into ids: inout [Int32], _ scratch: inout Scratch) {
        if ignoresMerges, let id = tokens.id(of: word) { return ids.append(id) }
        mergeByScanning(word, into: &ids, &scratch)
    }

    /// For short words: look for the earliest merge by going through all pairs.
    private func mergeByScanning(_ word: UTF8Text, into ids: inout [Int32], _ scratch: inout Scratch) {
        scratch.ids.removeAll(keepingCapacity: true)
        scratch.merges.removeAll(keepingCapacity: true)
        for i in word.indices {
            scratch.ids.append(octetIDs[Int(word[i])])
            if i + 1 < word.count { scratch.merges.append(octetMerges[Int(word[i]) << 8 | Int(word[i + 1])]) }
        }
        var count = word.count
        scratch.ids.withUnsafeMutableBufferPointer { symbols in
            scratch.merges.withUnsafeMutableBufferPointer { pairs in
                while count > 1 {
                    var best = 0
                    for i in 1..<(count - 1) where pairs[i].rank < pairs[best].rank { best = i }
                    let merge = pairs[best]
                    if merge.rank == MergeTable.noRank { break }
                    symbols[best] = merge.id
                    count -= 1
                    for i in (best + 1)..<max(best + 1, count) { symbols[i] = symbols[i + 1] }
                    for i in best..<max(best, count - 1) { pairs[i] = pairs[i + 1] }
                    if best > 0 { pairs[best - 1] = merges.merge(symbols[best - 1], symbols[best]) }
                    if best + 1 < count { pairs[best] = merges.merge(symbols[best], symbols[best + 1]) }
                }
            }
        }
        ids.append(contentsOf: scratch.ids[..<count])
    }

    /// For words that the cache does not hold.
    private func encodeLong(_ word: UTF8Text, into ids: inout [Int32], capacity: Int, _ scratch: inout Scratch) {
        if ignoresMerges, word.count <= tokens.longestKey, let id = tokens.id(of: word) { return ids.append(id) }
        if word.count <= 64 { return mergeByScanning(word, into: &ids, &scratch) }
        let start = encodeParts(of: word, into: &ids, capacity: capacity, scratch: &scratch)
        if ids.count >= capacity { return }
        let rest = word[part: start..<word.count]
        _ = scratch.queue.merge(rest, keeping: rest.count, self, into: &ids)
    }

    /// Words up to this many octets are merged as a whole.
    private static let longestPart = 1 << 14
    /// How much of a part's end may depend on what follows.
    private static let overlap = 1 << 12

    /// Appends the ids of the beginning of a word beyond all measure (16 KiB without a space), part by part, so that
    /// time and memory stay linear and a limit is cheap.
    ///
    /// Each part starts at a token of the part before it, far from that part's end: what a merge decides reaches a few
    /// tokens, the overlap has thousands of octets. The end of the word need not be known: what it turns out to be
    /// changes nothing in the parts before.
    ///
    /// - Returns: where the rest starts.
    func encodeParts(of word: UTF8Text, into ids: inout [Int32], capacity: Int, scratch: inout Scratch) -> Int {
        var start = 0
        while word.count - start > Self.longestPart, ids.count < capacity {
            let part = word[part: start..<(start + Self.longestPart)]
            start += scratch.queue.merge(part, keeping: part.count - Self.overlap, self, into: &ids)
        }
        return start
    }

    @inline(__always)
    func octetID(_ octet: UInt8) -> Int32 { octetIDs[Int(octet)] }

    @inline(__always)
    func merge(_ left: Int32, _ right: Int32) -> MergeTable.Merge { merges.merge(left, right) }
}
