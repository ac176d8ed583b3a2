extension Duration {
    /// Milliseconds with three decimals: finer than any clock here is true.
    var milliseconds: Double {
        let microseconds = components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
        return Double(microseconds) / 1_000
    }

    /// Milliseconds, rounded down.
    var wholeMilliseconds: Int { Int(milliseconds) }

    /// Whole nanoseconds.
    var nanoseconds: Int { Int(components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000) }
}
