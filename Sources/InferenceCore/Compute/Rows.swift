/// Rows of float32 values, `stride` values apart; how many and how wide is known from the place.
struct Rows {
    let base: UnsafeMutablePointer<Float>
    let stride: Int

    /// The same rows from `row` on.
    func from(_ row: Int) -> Rows { Rows(base: base + row * stride, stride: stride) }

    /// The same rows from `column` on.
    func column(_ column: Int) -> Rows { Rows(base: base + column, stride: stride) }

    /// The first value of a row.
    subscript(row: Int) -> UnsafeMutablePointer<Float> { base + row * stride }
}
