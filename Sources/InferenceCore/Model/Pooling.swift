import CKernels

/// How the vectors of a row's tokens become the row's vector.
enum Pooling: String, Sendable {
    /// The mean over all tokens.
    case mean
    /// The first token's.
    case firstToken = "cls"
    /// The last token's.
    case lastToken = "last_token"

    /// Pools one row.
    ///
    /// - Parameters:
    ///   - hidden: `[tokens, width]` of the whole step, dense.
    ///   - sequence: the row's extent in it.
    func pool(_ hidden: UnsafePointer<Float>, width: Int, sequence: Range<Int>) -> [Float] {
        switch self {
        case .firstToken:
            return Array(UnsafeBufferPointer(start: hidden + sequence.lowerBound * width, count: width))
        case .lastToken:
            return Array(UnsafeBufferPointer(start: hidden + (sequence.upperBound - 1) * width, count: width))
        case .mean:
            var sum = [Float](repeating: 0, count: width)
            sum.withUnsafeMutableBufferPointer { sum in
                guard let base = sum.baseAddress else { return }
                for token in sequence { Kernels.best.add(base, hidden + token * width, width) }
                Kernels.best.scale(base, 1 / Float(sequence.count), width)
            }
            return sum
        }
    }

    /// The one token of each row that is pooled; `nil` where all of them are.
    func singleTokens(of sequences: [Range<Int>]) -> [Int]? {
        switch self {
        case .mean: nil
        case .firstToken: sequences.map(\.lowerBound)
        case .lastToken: sequences.map { $0.upperBound - 1 }
        }
    }
}
