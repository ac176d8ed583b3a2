import InferenceCore

/// Embeds with an engine of this process.
struct LocalEmbedder: TextEmbedder {
    private let model: LoadedModel
    private let options: VectorOptions

    let window = RecordJob.Window(unitRecords: 64, unitBytes: 1 << 14, units: 16, bytes: 1 << 20)

    var dimensions: Int { options.dimensions ?? model.description.dimensions }
    var maximumTokens: Int? { model.description.maximumTokens }

    /// - Parameters:
    ///   - options: must fit the model.
    ///   - threads: compute threads; `nil`: one per CPU the process may use.
    init(model: EmbeddingModel, options: VectorOptions, threads: Int?) {
        var configuration = EngineConfiguration()
        configuration.threads = threads
        // One caller that waits for its own work: there is nobody to protect from it.
        configuration.queueTokens = .max
        configuration.interactiveWait = nil
        configuration.bulkWait = nil
        self.model = LoadedModel(
            model: model,
            engine: EmbeddingEngine(models: [model], configuration: configuration)
        )
        self.options = options
    }

    func embed(_ texts: [String]) async throws -> EmbeddedTexts {
        var request = EmbeddingWork(
            inputs: texts.map(EmbeddingInput.text),
            task: model.description.tasks.isEmpty ? nil : options.task,
            dimensions: options.dimensions,
            truncate: options.truncate
        )
        request.priority = .bulk
        request.isPartial = true
        let result: EmbeddingResult
        do throws(EmbeddingError) {
            result = try await model.embed(request)
        } catch {
            if error == .cancelled { throw CancellationError() }
            throw error
        }
        let vectors = try result.vectors.enumerated().map { index, vector in
            guard let failure = result.failures[index] else { return Result<[Float], TextFailure>.success(vector) }
            return .failure(try Self.explain(failure))
        }
        return EmbeddedTexts(vectors: vectors, isTruncated: result.truncated, tokens: result.totalTokens)
    }

    func shutDown() async {
        await model.engine.shutDown()
    }

    /// What a failure says about its text; one that says nothing about it is thrown.
    private static func explain(_ error: EmbeddingError) throws(EmbeddingError) -> TextFailure {
        switch error {
        case .inputTooLong(_, let limit): TextFailure(reason: "more than \(limit) tokens, the model's limit")
        case .emptyTokens: TextFailure(reason: "no tokens")
        case .notFinite: TextFailure(reason: "the model gave no finite vector")
        default: throw error
        }
    }
}
