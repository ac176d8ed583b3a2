import InferenceCore
import JSONCore

/// The body of a successful `POST /v1/explain`.
struct Explanation: Sendable {
    /// What was asked for, and what it means for the model.
    let plan: EmbeddingPlan
    /// The most tokens of an input.
    let limit: Int
    /// The inputs, in their order.
    let inputs: [ExplainedInput]

    /// The body, token by token.
    var body: JSONStream {
        let units = ListUnits(inputs.map(\.tokens.count))
        // The texts are there twice: as they came, and behind their prompts.
        let textBytes = inputs.reduce(0) { $0 + ($1.text?.utf8.count ?? 0) }
        let tokenCount = inputs.reduce(0) { $0 + $1.tokens.count }
        return JSONStream(
            count: units.count,
            heldBytes: 2 * textBytes + tokenCount * MemoryLayout<Token>.stride,
            estimatedBytes: 1_024 + textBytes + inputs.count * 128 + tokenCount * 64,
            begin: begin,
            unit: { unit, writer in
                switch units[unit] {
                case .open(let index):
                    writer.beginObject()
                    write(inputs[index], at: index, to: &writer)
                    writer.key("tokens")
                    writer.beginArray()
                case .item(let token, let index): write(inputs[index].tokens[token], to: &writer)
                case .close:
                    writer.endArray()
                    writer.endObject()
                }
            },
            end: {
                $0.endArray()
                $0.key("total_tokens")
                $0.value(tokenCount)
                $0.endObject()
            }
        )
    }

    /// Writes what is said of the request as a whole, up to the first input.
    @Sendable private func begin(_ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("object")
        writer.value("explanation")
        writer.key("model")
        writer.value(plan.model.id)
        writer.key("requested_model")
        writer.optional(plan.request.model)
        writeTask(to: &writer)
        writeOutput(to: &writer)
        writer.key("truncate")
        writer.value(plan.work.truncate)
        writer.key("maximum_tokens")
        writer.value(limit)
        writer.key("compute")
        writer.object(writeComputePath)
        writer.key("inputs")
        writer.beginArray()
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

    /// Writes what is said of an input, up to its tokens.
    private func write(_ input: ExplainedInput, at index: Int, to writer: inout JSONWriter) {
        writer.key("index")
        writer.value(index)
        writer.key("text")
        writer.optional(input.text)
        writer.key("token_count")
        writer.value(input.tokens.count)
        writer.key("truncated")
        writer.value(input.isOverLimit && plan.work.truncate)
        writer.key("refused")
        writer.optional(refusal(input, at: index))
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
