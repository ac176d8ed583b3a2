/// Turns texts into vectors, here or elsewhere.
protocol TextEmbedder: Sendable {
    /// Values of a vector.
    var dimensions: Int { get }
    /// The most tokens of a text; `nil` where that is not known.
    var maximumTokens: Int? { get }
    /// How much to work on at once.
    var window: RecordJob.Window { get }

    /// Embeds texts; one that fails leaves the others alone.
    ///
    /// - Throws: what no other text would change.
    func embed(_ texts: [String]) async throws -> EmbeddedTexts

    /// Ends what it runs.
    func shutDown() async
}

/// What has become of some texts.
struct EmbeddedTexts: Sendable {
    /// The vector of each, of `dimensions` finite values.
    var vectors: [Result<[Float], TextFailure>] = []
    /// Whether each was cut to the model's limit.
    var isTruncated: [Bool] = []
    /// Tokens of all.
    var tokens = 0

    static func += (left: inout EmbeddedTexts, right: EmbeddedTexts) {
        left.vectors += right.vectors
        left.isTruncated += right.isTruncated
        left.tokens += right.tokens
    }
}

/// Why a text has no vector.
struct TextFailure: Error, Equatable {
    /// In words for people.
    let reason: String
}
