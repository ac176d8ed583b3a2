import InferenceCore
import JSONCore

/// What a request means for the model it names: the work for the engine, ready to run.
struct EmbeddingPlan {
    /// What was asked for.
    let request: EmbeddingsRequest
    /// The model that runs it.
    let model: ServedModel
    /// Where the task comes from.
    let taskSource: TaskSource
    /// The work.
    var work: EmbeddingWork

    /// Fills in the defaults of the model and checks the request against its abilities.
    init(_ request: EmbeddingsRequest, catalog: ModelCatalog) throws(APIError) {
        let match = try catalog.resolve(request.model)
        let model = match.model
        let description = model.backend.description
        let (task, taskSource) = Self.task(of: request, match)
        if let task, !description.accepts(task) {
            let served = description.tasks.map(\.rawValue).joined(separator: ", ")
            throw .invalid(
                taskSource == .request ? request.names.task : "model",
                type: "enum",
                input: .string(task.rawValue),
                "\(model.id) does not serve the task \(task.rawValue), only \(served)."
            )
        }
        self.request = request
        self.model = model
        self.taskSource = taskSource
        work = EmbeddingWork(
            inputs: try Self.inputs(request, of: model),
            // A model without tasks treats all inputs alike: any task is served by the same vectors.
            task: description.tasks.isEmpty ? nil : task,
            dimensions: try Self.dimensions(request, of: description) ?? match.dimensions
                ?? model.settings.defaultDimensions,
            normalized: request.normalized,
            truncate: request.truncate
        )
        work.isPartial = request.isPartial
        work.output = request.output
        work.maximumTokens = request.maximumTokens
        work.maximumTotalTokens = request.maximumTotalTokens
        work.priority = request.priority
    }

    /// The request's own word wins over the model's name, and that over the operator's settings.
    private static func task(
        of request: EmbeddingsRequest,
        _ match: ModelCatalog.Match
    ) -> (EmbeddingTask?, TaskSource) {
        if let task = request.task { return (task, .request) }
        if let task = match.task { return (task, .name) }
        if let task = match.model.settings.defaultTask { return (task, .settings) }
        return (nil, .model)
    }

    private static func dimensions(
        _ request: EmbeddingsRequest,
        of model: ModelDescription
    ) throws(APIError) -> Int? {
        guard let requested = request.dimensions else { return nil }
        let native = model.dimensions
        if requested > native {
            throw .invalid(
                request.names.dimensions,
                type: "less_than_equal",
                input: .integer(requested),
                "Input should be less than or equal to \(native)"
            )
        }
        guard model.accepts(dimensions: requested) else {
            throw .invalid(
                request.names.dimensions,
                type: "literal_error",
                input: .integer(requested),
                "\(model.id) was not trained to be cut: \(request.names.dimensions) can only be \(native)."
            )
        }
        return requested
    }

    private static func inputs(
        _ request: EmbeddingsRequest,
        of model: ServedModel
    ) throws(APIError) -> [EmbeddingInput] {
        switch request.input {
        case .mixed(let inputs): return inputs
        case .texts(let texts): return texts.map(EmbeddingInput.text)
        case .tokens(let lists):
            switch model.settings.tokenInput {
            case .model: return lists.map(EmbeddingInput.tokens)
            case .cl100kBase where model.backend.description.decodesCL100K:
                return try decode(lists, with: model, request.names)
            case .cl100kBase, .reject:
                throw .invalid(
                    request.names.input,
                    type: "string_type",
                    """
                    Token-id input is not accepted by \(model.id): send text. \
                    With LangChain's OpenAIEmbeddings, set check_embedding_ctx_length=False.
                    """
                )
            }
        }
    }

    private static func decode(
        _ lists: [[Int32]],
        with model: ServedModel,
        _ names: FieldNames
    ) throws(APIError) -> [EmbeddingInput] {
        var inputs: [EmbeddingInput] = []
        for (index, ids) in lists.enumerated() {
            do throws(CL100KError) {
                inputs.append(.text(try model.backend.decodeCL100K(ids)))
            } catch {
                let place = names.input(index, of: lists.count)
                throw .invalid(place, type: "value_error", "\(place): \(error).")
            }
        }
        return inputs
    }
}

/// Where the task of a request comes from.
enum TaskSource: String, Sendable {
    /// The request names it.
    case request
    /// The name of the model implies it.
    case name
    /// It is the operator's default for the model.
    case settings
    /// It is the model's own default.
    case model
}
