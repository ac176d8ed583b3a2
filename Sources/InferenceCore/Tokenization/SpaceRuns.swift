/// Where runs of white space end: each run is walked once, from wherever in it and however often somebody asks.
struct SpaceRuns {
    /// The run that was walked last.
    private var known: Range<Int>?
    /// Octets looked at so far.
    private(set) var visited = 0

    /// The end of the white space that starts at `index`, which is `index` where none does.
    mutating func end(in text: UTF8Text, from index: Int) -> Int {
        // A byte-level token may start inside a character, where no white space starts.
        guard index < text.count, text[index] & 0xC0 != 0x80 else { return index }
        if let known, known.contains(index) || known.upperBound == index { return known.upperBound }
        var end = index
        while end < text.count {
            let (scalar, width) = text.scalar(at: end)
            visited += width
            guard UnicodeProperties(of: scalar).contains(.space) else { break }
            end += width
        }
        known = index..<end
        return end
    }
}
