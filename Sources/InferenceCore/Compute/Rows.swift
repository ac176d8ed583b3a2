/// Rows of float32 values, `stride` values apart; how many and how wide is known from the place.
struct Rows {
    let base: UnsafeMutablePointer<Float>
    let stride: Int

    /// The distance of rows that a linear layer is to read.
    ///
    /// Its tiles read a column of a dozen rows at a time. A distance that is a multiple of a large power of two, as the
    /// widths of models are, would put the whole column into a few sets of the L1 cache.
    static func stride(width: Int) -> Int { width % 64 == 0 ? width + 16 : width }

    /// The same rows from `row` on.
    func from(_ row: Int) -> Rows { Rows(base: base + row * stride, stride: stride) }

    /// The same rows from `column` on.
    func column(_ column: Int) -> Rows { Rows(base: base + column, stride: stride) }

    /// The first value of a row.
    subscript(row: Int) -> UnsafeMutablePointer<Float> { base + row * stride }
}
