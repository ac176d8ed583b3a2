/// The façade of the module: requests in, vectors out, with one scheduler and one compute pool for all models.
public final class EmbeddingEngine: Sendable {
    /// The models, in the order they were given.
    public let models: [EmbeddingModel]
    /// The compute threads in use.
    public let threadCount: Int

    private let scheduler: Scheduler
    private let tokenizers = TokenizationQueues()

    /// Starts the compute threads for `models`.
    ///
    /// - Parameter onFailure: called once if the compute worker fails, with the reason. Every request fails from then on.
    public init(
        models: [EmbeddingModel],
        configuration: EngineConfiguration,
        onFailure: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        let threadCount = configuration.threads ?? CPUAllowance.threads
        self.models = models
        self.threadCount = threadCount
        scheduler = Scheduler(limits: configuration.limits, onFailure: onFailure) {
            let pool = ComputePool(threadCount: threadCount)
            // One for each step that can be under way: a paused one keeps its activations.
            let contexts = [ComputeContext(pool: pool), ComputeContext(pool: pool)]
            return { model, step, depth, yield in
                models[model].backbone.forward(step, in: contexts[depth], yield: yield)
            }
        }
    }

    /// Which SIMD kernels this CPU got: "avx512", "avx2" or "portable".
    public static var kernelName: String { Kernels.name }

    /// What the scheduler is doing.
    public var status: SchedulerStatus { scheduler.status }

    /// Embeds the inputs of a request with one of `models`.
    ///
    /// Cancelling the surrounding task drops what has not started, and stops a step that nobody else is in.
    public func embed(
        _ request: EmbeddingWork,
        with model: EmbeddingModel
    ) async throws(EmbeddingError) -> EmbeddingResult {
        guard let modelIndex = models.firstIndex(where: { $0 === model }) else {
            preconditionFailure("the model \(model.description.id) belongs to another engine")
        }
        try check(request, of: model.description)
        let start = ContinuousClock.now
        let encodings = try await tokenizers.encode(request, with: model)
        let tokenizationTime = ContinuousClock.now - start
        try check(encodings, of: request)
        let submission = submission(request, encodings, of: model, at: modelIndex)
        let output = try await scheduler.submit(submission)
        var result = result(of: request, encodings, output, from: model)
        result.priority = submission.priority
        result.tokenizationTime = tokenizationTime
        return result
    }

    /// Runs `body`, which tokenizes text for people to look at, where it keeps neither the cooperative pool nor the
    /// compute threads nor the tokenization of embeddings waiting.
    ///
    /// - Parameter octets: of the text that it tokenizes.
    public func tokenizing<Value: Sendable>(octets: Int, _ body: @escaping @Sendable () -> Value) async -> Value {
        await tokenizers.runForPeople(octets: octets, body)
    }

    /// Stops taking requests, waits for those in flight, ends the threads.
    public func shutDown() async {
        await scheduler.drain()
    }

    /// The rows of the inputs that could be tokenized.
    private func submission(
        _ request: EmbeddingWork,
        _ encodings: [Result<Encoding, EmbeddingError>],
        of model: EmbeddingModel,
        at index: Int
    ) -> SchedulingPolicy.Submission {
        let adapter = model.adapter(for: request.task)
        let cost = model.backbone.cost
        let rows = encodings.compactMap { encoding -> RowKey? in
            guard let ids = try? encoding.get().ids else { return nil }
            let work = cost.work(tokens: ids.count)
            return RowKey(
                model: index,
                adapter: adapter,
                tokens: ids,
                output: request.output,
                work: work,
                scope: request.cacheScope
            )
        }
        return SchedulingPolicy.Submission(
            rows: rows,
            priority: Priority(requested: request.priority, task: request.task, lengths: rows.map(\.tokens.count)),
            caller: request.caller,
            deadline: request.deadline,
            isPartial: request.isPartial,
            // States of tokens are large: they are kept for nobody.
            isShared: request.reusesVectors && request.output == .pooled
        )
    }

    /// Puts vectors and failures back in the places of their inputs.
    private func result(
        of request: EmbeddingWork,
        _ encodings: [Result<Encoding, EmbeddingError>],
        _ output: SchedulingPolicy.Output,
        from model: EmbeddingModel
    ) -> EmbeddingResult {
        var result = EmbeddingResult(
            vectors: [],
            tokenCounts: [],
            truncated: [],
            queueTime: output.queueTime,
            predictedQueueTime: output.predictedWait,
            computeTime: output.computeTime,
            cachedInputs: output.cachedInputs
        )
        var computed = output.results.makeIterator()
        for (index, encoding) in encodings.enumerated() {
            var vector: [Float] = []
            switch encoding {
            case .failure(let error): result.failures[index] = error
            case .success:
                switch computed.next() {
                case .success(let states)? where request.output == .tokens: vector = states
                case .success(let pooled)?:
                    vector = Matryoshka.finish(
                        pooled,
                        dimensions: request.dimensions,
                        normalized: request.normalized,
                        modelNormalizes: model.normalizes
                    )
                case .failure(let error)?: result.failures[index] = error.at(index)
                case nil: preconditionFailure("the scheduler answers every row")
                }
            }
            let ids = try? encoding.get()
            result.vectors.append(vector)
            result.tokenCounts.append(ids?.ids.count ?? 0)
            result.truncated.append(ids?.truncated ?? false)
        }
        return result
    }

    private func check(_ request: EmbeddingWork, of model: ModelDescription) throws(EmbeddingError) {
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

    private func check(
        _ encodings: [Result<Encoding, EmbeddingError>],
        of request: EmbeddingWork
    ) throws(EmbeddingError) {
        guard let limit = request.maximumTotalTokens else { return }
        let count = encodings.reduce(0) { $0 + ((try? $1.get())?.ids.count ?? 0) }
        if count > limit { throw .tooManyTokens(count: count, limit: limit) }
    }
}

extension EmbeddingError {
    /// The same error about another input: rows are counted without the inputs that could not be tokenized.
    fileprivate func at(_ index: Int) -> EmbeddingError {
        if case .notFinite = self { .notFinite(index: index) } else { self }
    }
}
