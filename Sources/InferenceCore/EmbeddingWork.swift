/// One input of a request.
public enum EmbeddingInput: Sendable, Equatable {
    /// Text, to be tokenized behind the task's prompt.
    case text(String)
    /// Ids of the model's own vocabulary, used as they are: no prompt, no special token is added.
    case tokens([Int32])
}

/// Inputs to embed together: all of them are answered, or none, unless `isPartial`.
public struct EmbeddingWork: Sendable {
    /// What to embed, in this order.
    public var inputs: [EmbeddingInput]
    /// What for; `nil` is the model's default task.
    public var task: EmbeddingTask?
    /// What comes of each input.
    ///
    /// States of tokens are neither cut nor normalised; `dimensions` and `normalized` do not touch them.
    public var output = EmbeddingOutput.pooled
    /// How many leading values of a vector to keep (Matryoshka); `nil` keeps all.
    public var dimensions: Int?
    /// Whether vectors have length 1 (L2).
    ///
    /// `false` changes only vectors cut by `dimensions`: the models' own pooling normalises at full width.
    public var normalized: Bool
    /// Whether an input over the model's limit is cut on the right.
    ///
    /// `false`: such a request fails as a whole.
    public var truncate: Bool
    /// The most tokens of an input, prompt and special tokens included; `nil`, or more: the model's limit.
    public var maximumTokens: Int?
    /// The most tokens of all inputs together; `nil`: any number.
    public var maximumTotalTokens: Int?
    /// Which work goes first; `nil` infers it from task and lengths.
    public var priority: Priority?
    /// Who asks: callers get equal shares of a class's time.
    public var caller = ""
    /// When the answer is no longer wanted; `nil`: it always is.
    public var deadline: ContinuousClock.Instant?
    /// Whether an input that fails leaves the others alone.
    public var isPartial = false
    /// Whether equal inputs may share one computation, and vectors may come from the cache.
    public var reusesVectors = true
    /// With whom: vectors and computations are shared only among requests of one scope; `nil` is a scope too.
    public var cacheScope: String?

    /// Makes a request; every option has the default of the HTTP API.
    public init(
        inputs: [EmbeddingInput],
        task: EmbeddingTask? = nil,
        dimensions: Int? = nil,
        normalized: Bool = true,
        truncate: Bool = false
    ) {
        self.inputs = inputs
        self.task = task
        self.dimensions = dimensions
        self.normalized = normalized
        self.truncate = truncate
    }
}

/// The vectors of one request, and what they cost.
public struct EmbeddingResult: Sendable {
    /// The output of each input, in the order of the inputs, none where the input failed: `dimensions` values, or with
    /// `EmbeddingOutput.tokens` the states of its tokens end to end.
    public var vectors: [[Float]]
    /// The inputs that failed; empty unless the request was partial.
    public var failures: [Int: EmbeddingError] = [:]
    /// Tokens of each input: prompt, text and special tokens.
    public var tokenCounts: [Int]
    /// Whether each input was cut to the model's limit.
    public var truncated: [Bool]
    /// Before admission.
    public var tokenizationTime = Duration.zero
    /// From admission to the start of the first step that held a row of the request.
    public var queueTime: Duration
    /// What `queueTime` was expected to be when the request was admitted.
    public var predictedQueueTime = Duration.zero
    /// From then to the end of its last step.
    public var computeTime: Duration
    /// The class that the request ran in.
    public var priority = Priority.bulk
    /// Inputs whose vector was in the cache.
    public var cachedInputs = 0

    /// The tokens of all inputs.
    public var totalTokens: Int { tokenCounts.reduce(0, +) }
}
