/// The façade of the module: requests in, vectors out, with one scheduler and one compute pool for all models.
public final class EmbeddingEngine: Sendable {
    /// The models, in the order they were given.
    public let models: [EmbeddingModel]

    /// Starts the compute threads for `models`.
    public init(models: [EmbeddingModel], configuration: EngineConfiguration) {
        self.models = models
    }

    /// Embeds the inputs of a request with one of `models`.
    ///
    /// Cancelling the surrounding task drops what has not started.
    public func embed(_ request: EmbeddingRequest, with model: EmbeddingModel) async throws(EmbeddingError) -> EmbeddingResult {
        throw .shuttingDown
    }

    /// Stops taking requests, waits for those in flight, ends the threads.
    public func shutDown() async {}
}

/// What an engine may use.
public struct EngineConfiguration: Sendable {
    /// Compute threads; `nil`: what cgroup quota, cpuset and affinity allow.
    public var threads: Int?
    /// The most tokens waiting for the compute worker; a request that would go over it is refused.
    public var queueTokens = 262_144
    /// The most tokens of one forward pass, unless one input alone has more.
    public var stepTokens = 2_048

    /// The defaults.
    public init() {}
}
