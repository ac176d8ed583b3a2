@testable import InferenceCore

extension RowKey {
    /// A row whose work is its tokens, unless said otherwise.
    init(model: Int, adapter: Int?, tokens: [Int32], work: Int? = nil) {
        self.init(model: model, adapter: adapter, tokens: tokens, output: .pooled, work: work ?? tokens.count)
    }
}
