/// The façade of the module: requests in, vectors out, with one scheduler and one compute pool for all models.
public final class EmbeddingEngine: Sendable {
    /// The models, in the order they were given.
    public let models: [EmbeddingModel]
    /// The compute threads in use.
    public let threadCount: Int

    private let scheduler: Scheduler
    private let tokenizers = TokenizationQueues()

    /// Starts the compute threads for `models`.
    public init(models: [EmbeddingModel], configuration: EngineConfiguration) {
        let threadCount = configuration.threads ?? CPUAllowance.threads
        self.models = models
        self.threadCount = threadCount
        scheduler = Scheduler(queueTokens: configuration.queueTokens, stepTokens: configuration.stepTokens) {
            let context = ComputeContext(pool: ComputePool(threadCount: threadCount))
            return { model, step, isAbandoned in
                models[model].backbone.forward(step, in: context, isAbandoned: isAbandoned)
            }
        }
    }

    /// Which SIMD kernels this CPU got: "avx512", "avx2" or "portable".
    public static var kernelName: String { Kernels.name }

    /// Tokens that wait for the compute worker.
    public var waitingTokens: Int { scheduler.waitingTokens }

    /// Embeds the inputs of a request with one of `models`.
    ///
    /// Cancelling the surrounding task drops what has not started, and stops a step that nobody else is in.
    public func embed(
        _ request: EmbeddingRequest,
        with model: EmbeddingModel
    ) async throws(EmbeddingError) -> EmbeddingResult {
        guard let modelIndex = models.firstIndex(where: { $0 === model }) else {
            preconditionFailure("the model \(model.description.id) belongs to another engine")
        }
        try check(request, of: model.description)
        let encodings = try await tokenizers.encode(request, with: model)
        let output = try await scheduler.submit(
            encodings.map(\.ids),
            model: modelIndex,
            adapter: model.adapter(for: request.task)
        )
        return EmbeddingResult(
            vectors: output.vectors.map {
                Matryoshka.finish(
                    $0,
                    dimensions: request.dimensions,
                    normalized: request.normalized,
                    modelNormalizes: model.normalizes
                )
            },
            tokenCounts: encodings.map(\.ids.count),
            truncated: encodings.map(\.truncated),
            queueTime: output.queueTime,
            computeTime: output.computeTime
        )
    }

    /// Stops taking requests, waits for those in flight, ends the threads.
    public func shutDown() async {
        await scheduler.drain()
    }

    private func check(_ request: EmbeddingRequest, of model: ModelDescription) throws(EmbeddingError) {
        if let dimensions = request.dimensions {
            let range = model.supportsDimensions ? 1...model.dimensions : model.dimensions...model.dimensions
            guard range.contains(dimensions) else {
                throw .dimensionsOutOfRange(requested: dimensions, range: range)
            }
        }
        // A model without tasks gives every task the same vectors.
        if let task = request.task, !model.tasks.isEmpty, !model.tasks.contains(task) {
            throw .taskNotServed(requested: task, available: model.tasks)
        }
    }
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
