import InferenceCore
import JSONCore

/// The body of a successful `POST /v1/explain`.
struct Explanation {
    /// What was asked for, and what it means for the model.
    let plan: EmbeddingPlan
    /// The most tokens of an input.
    let limit: Int
    /// The inputs, in their order.
    let inputs: [ExplainedInput]

    /// Writes the body.
    func encoded() -> [UInt8] {
        var writer = JSONWriter(capacity: 1_024 + inputs.reduce(0) { $0 + $1.tokens.count } * 64)
        writer.object {
            $0.key("object")
            $0.value("explanation")
            $0.key("model")
            $0.value(plan.model.id)
            $0.key("requested_model")
            $0.optional(plan.request.model)
            writeTask(to: &$0)
            writeOutput(to: &$0)
            $0.key("truncate")
            $0.value(plan.work.truncate)
            $0.key("maximum_tokens")
            $0.value(limit)
            $0.key("compute")
            $0.object(writeComputePath)
            $0.key("inputs")
            $0.array { for (index, input) in inputs.enumerated() { write(input, at: index, to: &$0) } }
            $0.key("total_tokens")
            $0.value(inputs.reduce(0) { $0 + $1.tokens.count })
        }
        return writer.bytes
    }

    /// The task, where it comes from, and what it does.
    private func writeTask(to writer: inout JSONWriter) {
        let backend = plan.model.backend
        writer.key("task")
        writer.optional((plan.work.task ?? backend.encoder.defaultTask)?.rawValue)
        writer.key("task_source")
        writer.value(plan.taskSource.rawValue)
        writer.key("adapter")
        writer.optional(backend.adapterName(for: plan.work.task))
        writer.key("prompt")
        writer.value(backend.encoder.prompt(for: plan.work.task))
    }

    private func writeOutput(to writer: inout JSONWriter) {
        writer.key("dimensions")
        writer.value(plan.work.dimensions ?? plan.model.backend.description.dimensions)
        writer.key("normalized")
        writer.value(plan.work.normalized)
        writer.key("numbers")
        writer.value(plan.request.format.numbers.rawValue)
        writer.key("wire")
        writer.value(plan.request.format.wire.rawValue)
    }

    private func writeComputePath(to writer: inout JSONWriter) {
        let description = plan.model.backend.description
        let path = plan.model.backend.computePath
        writer.key("architecture")
        writer.value(description.architecture)
        writer.key("pooling")
        writer.value(description.pooling)
        writer.key("weights")
        writer.value(description.weightType)
        writer.key("backend")
        writer.value(path.backend.rawValue)
        writer.key("kernels")
        writer.value(path.kernels)
        writer.key("threads")
        writer.value(path.threads)
    }

    private func write(_ input: ExplainedInput, at index: Int, to writer: inout JSONWriter) {
        writer.object {
            $0.key("index")
            $0.value(index)
            $0.key("text")
            $0.optional(input.text)
            $0.key("token_count")
            $0.value(input.tokens.count)
            $0.key("truncated")
            $0.value(input.isOverLimit && plan.work.truncate)
            $0.key("refused")
            $0.optional(refusal(input, at: index))
            $0.key("tokens")
            $0.array { for token in input.tokens { write(token, to: &$0) } }
        }
    }

    /// What `/v1/embeddings` would say to the input instead of a vector.
    private func refusal(_ input: ExplainedInput, at index: Int) -> String? {
        let error: EmbeddingError
        let vocabularySize = plan.model.backend.description.vocabularySize
        if let id = input.tokens.first(where: { $0.id >= vocabularySize })?.id {
            error = .tokenOutOfRange(index: index, id: id, vocabularySize: vocabularySize)
        } else if input.tokens.isEmpty {
            error = .emptyTokens(index: index)
        } else if input.isOverLimit, !plan.work.truncate {
            error = .inputTooLong(index: index, limit: limit)
        } else {
            return nil
        }
        return APIError(error, inputs: inputs.count, names: plan.request.names).message
    }

    private func write(_ token: Token, to writer: inout JSONWriter) {
        writer.object {
            $0.key("id")
            $0.value(Int(token.id))
            $0.key("piece")
            $0.value(token.piece)
            $0.key("special")
            $0.value(token.isSpecial)
            $0.key("start")
            $0.optional(token.range?.lowerBound)
            $0.key("stop")
            $0.optional(token.range?.upperBound)
        }
    }
}
