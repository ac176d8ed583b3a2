import HTTPTypes

/// Which inputs of a request were cut to the model's limit, as a field of the answer: no cut goes unsaid.
struct TruncatedInputs: Equatable {
    /// The places of the inputs, in rising order.
    let indices: [Int]

    /// Ranges that the field lists before it says that there are more; keeps it far below what proxies take.
    private static let maximumRanges = 64

    /// Takes what the engine says of each input.
    init(_ truncated: [Bool]) {
        indices = truncated.indices.filter { truncated[$0] }
    }

    /// How many there are, and which: `0`, `1; inputs=3`, `4; inputs=0,2-4`; `...` at the end of a list that goes on.
    var field: String {
        guard !indices.isEmpty else { return "0" }
        var ranges: [ClosedRange<Int>] = []
        for index in indices {
            if let last = ranges.last, last.upperBound == index - 1 {
                ranges[ranges.count - 1] = last.lowerBound...index
            } else {
                ranges.append(index...index)
            }
        }
        var texts = ranges.prefix(Self.maximumRanges).map { range in
            range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
        }
        if ranges.count > Self.maximumRanges { texts.append("...") }
        return "\(indices.count); inputs=\(texts.joined(separator: ","))"
    }
}
