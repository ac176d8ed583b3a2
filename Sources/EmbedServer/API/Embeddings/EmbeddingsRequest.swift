import InferenceCore

/// A request for vectors in whichever dialect, read and checked as far as no model is needed for it.
struct EmbeddingsRequest: Sendable, Equatable {
    /// The model's name as the client wrote it; `nil` where it named none.
    var model: String?
    /// What to embed.
    var input: Input
    /// What for; `nil` leaves it to the model.
    var task: EmbeddingTask?
    /// What comes of each input.
    var output = EmbeddingOutput.pooled
    /// The length of the vectors, at least 1; `nil` leaves it to the model.
    var dimensions: Int?
    /// Whether vectors have length 1 (L2).
    var normalized = true
    /// Whether inputs over the model's limit are cut.
    var truncate = false
    /// Whether inputs that fail leave the others alone.
    var isPartial = false
    /// How the vectors are written.
    var format = OutputFormat.standard
    /// Whether the answer says of each input if it was cut.
    var reportsTruncation = false
    /// The most tokens of an input, if that is less than the model's limit.
    var maximumTokens: Int?
    /// The most tokens of all inputs together; `nil`: any number.
    var maximumTotalTokens: Int?
    /// Which work goes first; `nil` leaves it to the engine.
    var priority: Priority?
    /// What errors call the fields.
    var names = FieldNames.standard

    /// The inputs of a request.
    enum Input: Sendable, Equatable {
        case texts([String])
        /// Ids that the operator says the meaning of.
        case tokens([[Int32]])
        /// Texts and ids of the model's own vocabulary, side by side.
        case mixed([EmbeddingInput])
    }

    /// The most inputs of one request, as in the APIs of OpenAI and Jina.
    static let maximumInputs = 2_048
}
