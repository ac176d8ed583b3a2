import HTTPCore
import HTTPTypes
import InferenceCore
import Logging

/// Vectors, and everything that an answer may say about them.
struct EmbeddingRun: Sendable {
    /// What was asked for.
    let plan: EmbeddingPlan
    /// What came of it.
    let result: EmbeddingResult

    /// The name the client asked for, or the model's own.
    var modelName: String { plan.request.model ?? plan.model.id }

    /// The answer with this body, in whichever dialect: what was done is in its fields and in the log.
    func answer(_ body: JSONStream, fields: HTTPFields = [:]) -> Answer {
        var response = Response.json(body, fields: fields)
        response.fields[.serverTiming] = timing
        response.fields[.cacheHits] = String(result.cachedInputs)
        response.fields[.truncatedInputs] = TruncatedInputs(result.truncated).field
        return Answer(response, facts: facts)
    }

    /// The `Server-Timing` field (W3C), in milliseconds.
    private var timing: String {
        "queue;dur=\(result.queueTime.milliseconds), compute;dur=\(result.computeTime.milliseconds)"
    }

    private var facts: Logger.Metadata {
        [
            "model": .string(plan.model.id),
            "task": .string(plan.work.task?.rawValue ?? "default"),
            "inputs": .stringConvertible(plan.work.inputs.count),
            "tokens": .stringConvertible(result.totalTokens),
            "truncated": .stringConvertible(result.truncated.count { $0 }),
            "class": .string(result.priority.rawValue),
            "cached": .stringConvertible(result.cachedInputs),
            "queue_ms": .stringConvertible(result.queueTime.milliseconds),
            "predicted_ms": .stringConvertible(result.predictedQueueTime.milliseconds),
            "compute_ms": .stringConvertible(result.computeTime.milliseconds),
        ]
    }
}
