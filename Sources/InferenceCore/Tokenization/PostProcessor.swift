/// The special tokens around the content of every text.
struct PostProcessor: Sendable, Equatable {
    /// In front of the content.
    var prefix: [Int32] = []
    /// Behind the content.
    var suffix: [Int32] = []

    /// How many tokens are added.
    var count: Int { prefix.count + suffix.count }
}
