/// From a pooled vector to the one that is answered.
enum Matryoshka {
    /// Cuts and normalises a pooled vector: its leading values are an embedding of their own (Kusupati and others, 2022).
    ///
    /// - Parameters:
    ///   - pooled: the whole vector as pooled.
    ///   - dimensions: how many leading values to keep, 1...count; `nil` keeps all.
    ///   - normalized: whether the result has length 1.
    ///   - modelNormalizes: whether the checkpoint itself ends in a normalisation: it is then part of the full
    ///     vector even where the caller does not ask for it.
    static func finish(_ pooled: [Float], dimensions: Int?, normalized: Bool, modelNormalizes: Bool) -> [Float] {
        let cut = dimensions ?? pooled.count
        if normalized { return unit(Array(pooled.prefix(cut))) }
        return Array((modelNormalizes ? unit(pooled) : pooled).prefix(cut))
    }

    /// The vector divided by its length, at least 1e-12 as PyTorch's `normalize` has it.
    ///
    /// The length is summed in float64: at no cost that could be measured it keeps the last digit right.
    static func unit(_ vector: [Float]) -> [Float] {
        var squares = 0.0
        for value in vector { squares += Double(value) * Double(value) }
        let factor = 1 / max(squares.squareRoot(), 1e-12)
        return vector.map { Float(Double($0) * factor) }
    }
}
