import CKernels

/// How the vectors of a row's tokens become the row's vector.
enum Pooling: String, Sendable {
    /// The mean over all tokens.
    case mean
    /// The first token's.
    case firstToken = "cls"
    /// The last token's.
    case lastToken = "last_token"

    /// What the rows of a step give, from the last hidden states of all their tokens.
    ///
    /// - Parameter hidden: `[tokens, width]` of the whole step.
    func apply(to hidden: Rows, width: Int, _ step: PackedStep) -> [[Float]] {
        zip(step.sequences, step.outputs).map { sequence, output in
            switch output {
            case .pooled: pool(hidden, width: width, sequence: sequence)
            case .tokens: states(hidden, width: width, sequence: sequence)
            }
        }
    }

    /// The states of all tokens of one row, one after the other.
    private func states(_ hidden: Rows, width: Int, sequence: Range<Int>) -> [Float] {
        var states: [Float] = []
        states.reserveCapacity(sequence.count * width)
        for token in sequence { states += UnsafeBufferPointer(start: hidden[token], count: width) }
        return states
    }

    /// Pools one row.
    ///
    /// - Parameters:
    ///   - hidden: `[tokens, width]` of the whole step.
    ///   - sequence: the row's extent in it.
    private func pool(_ hidden: Rows, width: Int, sequence: Range<Int>) -> [Float] {
        switch self {
        case .firstToken:
            return Array(UnsafeBufferPointer(start: hidden[sequence.lowerBound], count: width))
        case .lastToken:
            return Array(UnsafeBufferPointer(start: hidden[sequence.upperBound - 1], count: width))
        case .mean:
            var sum = [Float](repeating: 0, count: width)
            sum.withUnsafeMutableBufferPointer { sum in
                guard let base = sum.baseAddress else { return }
                for token in sequence { Kernels.best.add(base, hidden[token], width) }
                Kernels.best.scale(base, 1 / Float(sequence.count), width)
            }
            return sum
        }
    }

    /// The one token of each row whose last state is looked at; `nil` if some row needs several.
    func singleTokens(of step: PackedStep) -> [Int]? {
        guard step.outputs.allSatisfy({ $0 == .pooled }) else { return nil }
        return switch self {
        case .mean: nil
        case .firstToken: step.sequences.map(\.lowerBound)
        case .lastToken: step.sequences.map { $0.upperBound - 1 }
        }
    }
}
