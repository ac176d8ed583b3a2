/// What a layer's tiles multiply.
struct LinearInput {
    /// `[rows, inputs]`, normalised where the layer begins with that.
    let rows: Rows
    /// The same rows times A of their adapters, scaled: `[rows, ranks of all parts]`.
    let reduced: Rows
}
