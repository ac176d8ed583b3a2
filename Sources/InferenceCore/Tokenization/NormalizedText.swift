/// A normalized text that remembers which octets of the original each of its octets comes from.
struct NormalizedText {
    /// The text as it was.
    let original: [UInt8]
    /// What the normalizer makes of it.
    let octets: [UInt8]
    /// Where in the original each octet comes from; `nil` where nothing has changed.
    private let origins: [Range<Int>]?

    /// Normalizes a text, as a whole and cluster by cluster.
    ///
    /// - Returns: `nil` if that makes a difference, so that nothing can be said about places.
    init?(_ text: String, _ normalizer: Normalizer) {
        let original = Array(text.utf8)
        let whole = Self.normalize(original, normalizer)
        self.original = original
        octets = whole
        if whole == original {
            origins = nil
            return
        }
        var origins: [Range<Int>] = []
        var parts: [UInt8] = []
        var start = 0
        for cluster in text {
            let source = Array(cluster.utf8)
            let part = Self.normalize(source, normalizer)
            let range = start..<start + source.count
            if part.count == source.count, source.count > 1, part == source {
                origins.append(contentsOf: range.map { $0..<$0 + 1 })
            } else {
                origins.append(contentsOf: repeatElement(range, count: part.count))
            }
            parts.append(contentsOf: part)
            start = range.upperBound
        }
        guard parts == whole else { return nil }
        self.origins = origins
    }

    /// What some octets of the normalized text were before: whole characters, also of a token that is half of one.
    func origin(of range: Range<Int>) -> Range<Int> {
        guard !range.isEmpty else { return range }
        var start = origins?[range.lowerBound].lowerBound ?? range.lowerBound
        var end = origins?[range.upperBound - 1].upperBound ?? range.upperBound
        while start > 0, original[start] & 0xC0 == 0x80 { start -= 1 }
        while end < original.count, original[end] & 0xC0 == 0x80 { end += 1 }
        return start..<end
    }

    /// Where the original goes on at a place of the normalized text.
    func origin(at index: Int) -> Int {
        guard let origins else { return index }
        return index < origins.count ? origins[index].lowerBound : original.count
    }

    /// The first place of the normalized text, from `start` on, that comes from `place` of the original or behind it.
    func index(from start: Int, behind place: Int) -> Int {
        var index = start
        while index < octets.count, origin(at: index) < place { index += 1 }
        return index
    }

    private static func normalize(_ text: [UInt8], _ normalizer: Normalizer) -> [UInt8] {
        text.withUnsafeBufferPointer { normalizer.withNormalized($0) { Array($0) } }
    }
}
