import InferenceCore
import JSONCore

/// What a request means for the model it names: the work for the engine, ready to run.
struct EmbeddingPlan {
    /// The model that runs it.
    let model: ServedModel
    /// The work.
    var work: EmbeddingRequest

    /// Fills in the defaults of the model and checks the request against its abilities.
    init(_ request: EmbeddingsRequest, catalog: ModelCatalog) throws(APIError) {
        let (model, taskOfName) = try catalog.resolve(request.model)
        let description = model.backend.description
        let task = request.task ?? taskOfName ?? model.settings.defaultTask
        if let task, !description.accepts(task) {
            let served = description.tasks.map(\.rawValue).joined(separator: ", ")
            throw .invalid(
                request.task == nil ? "model" : "task",
                type: "enum",
                input: .string(task.rawValue),
                "\(model.id) does not serve the task \(task.rawValue), only \(served)."
            )
        }
        self.model = model
        work = EmbeddingRequest(
            inputs: try Self.inputs(request.input, of: model),
            // A model without tasks treats all inputs alike: any task is served by the same vectors.
            task: description.tasks.isEmpty ? nil : task,
            dimensions: try Self.dimensions(request.dimensions, of: description) ?? model.settings.defaultDimensions,
            normalized: request.normalized,
            truncate: request.truncate
        )
        work.isPartial = request.isPartial
    }

    private static func dimensions(_ requested: Int?, of model: ModelDescription) throws(APIError) -> Int? {
        guard let requested else { return nil }
        let native = model.dimensions
        if requested > native {
            throw .invalid(
                "dimensions",
                type: "less_than_equal",
                input: .integer(requested),
                "Input should be less than or equal to \(native)"
            )
        }
        guard model.accepts(dimensions: requested) else {
            throw .invalid(
                "dimensions",
                type: "literal_error",
                input: .integer(requested),
                "\(model.id) was not trained to be cut: dimensions can only be \(native)."
            )
        }
        return requested
    }

    private static func inputs(
        _ input: EmbeddingsRequest.Input,
        of model: ServedModel
    ) throws(APIError) -> [EmbeddingInput] {
        switch input {
        case .texts(let texts): return texts.map(EmbeddingInput.text)
        case .tokens(let lists):
            switch model.settings.tokenInput {
            case .model: return lists.map(EmbeddingInput.tokens)
            case .cl100kBase where model.backend.description.decodesCL100K: return try decode(lists, with: model)
            case .cl100kBase, .reject:
                throw .invalid(
                    "input",
                    type: "string_type",
                    """
                    Token-id input is not accepted by \(model.id): send text. \
                    With LangChain's OpenAIEmbeddings, set check_embedding_ctx_length=False.
                    """
                )
            }
        }
    }

    private static func decode(_ lists: [[Int32]], with model: ServedModel) throws(APIError) -> [EmbeddingInput] {
        var inputs: [EmbeddingInput] = []
        for (index, ids) in lists.enumerated() {
            do throws(CL100KError) {
                inputs.append(.text(try model.backend.decodeCL100K(ids)))
            } catch {
                let place = InputPlace.name(index, of: lists.count)
                throw .invalid(place, type: "value_error", "\(place): \(error).")
            }
        }
        return inputs
    }
}

/// How an error names one input.
enum InputPlace {
    /// `input[3]`; just `input` where there is only one.
    static func name(_ index: Int, of count: Int) -> String {
        count == 1 ? "input" : "input[\(index)]"
    }
}
