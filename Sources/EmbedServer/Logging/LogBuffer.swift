/// Log lines that wait to be written: a bounded number of octets.
///
/// Lines lie end to end, so that what a line costs is its octets and nothing else. Once one has been dropped all are,
/// until those before it are taken: so the place of the gap is known, and one line can say how wide it is.
struct LogBuffer {
    /// What has been taken to be written.
    struct Batch: Equatable {
        /// Whole lines.
        var octets: [UInt8]
        /// How many lines after these were dropped.
        var dropped: Int

        /// The lines in portions of at most `size` octets, or one line if that is longer.
        ///
        /// - Parameter size: `PIPE_BUF` for pipes that several processes write to (pipe(7)): up to so many octets
        ///   stay together.
        func portions(of size: Int) -> [ArraySlice<UInt8>] {
            var portions: [ArraySlice<UInt8>] = []
            var start = 0
            var end = 0
            for index in octets.indices where octets[index] == UInt8(ascii: "\n") {
                if index + 1 - start > size, end > start {
                    portions.append(octets[start..<end])
                    start = end
                }
                end = index + 1
            }
            if end > start { portions.append(octets[start..<end]) }
            return portions
        }
    }

    /// The most octets that wait.
    let capacity: Int
    private var octets: [UInt8] = []
    private var dropped = 0

    /// Makes an empty buffer.
    init(capacity: Int) {
        self.capacity = capacity
    }

    /// Whether there is nothing to take.
    var isEmpty: Bool { octets.isEmpty && dropped == 0 }

    /// Adds a line that ends with a newline, or drops it for lack of room.
    ///
    /// - Returns: whether there was room.
    mutating func append(_ line: [UInt8]) -> Bool {
        guard dropped == 0, line.count <= capacity - octets.count else {
            dropped += 1
            return false
        }
        octets += line
        return true
    }

    /// Takes all that waits; `nil` if that is nothing.
    mutating func take() -> Batch? {
        guard !isEmpty else { return nil }
        defer {
            octets = []
            dropped = 0
        }
        return Batch(octets: octets, dropped: dropped)
    }
}
