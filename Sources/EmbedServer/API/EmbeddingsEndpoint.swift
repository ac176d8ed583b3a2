import HTTPCore
import HTTPTypes
import InferenceCore
import Logging

/// `POST /v1/embeddings`.
struct EmbeddingsEndpoint: Sendable {
    /// Where the models are.
    let state: ServiceState
    /// How many tokens a key may ask for.
    let limiter: RateLimiter
    /// Counts what was embedded.
    let metrics: ServerMetrics
    /// The longest a request may take; `nil`: as long as it needs.
    var requestTimeout: Duration?

    /// Decodes, embeds, encodes.
    func answer(_ request: Request, _ key: APIKey?) async -> Answer {
        do throws(APIError) {
            let catalog = try state.catalog()
            let wanted = try EmbeddingsRequest(body: request.body)
            var plan = try EmbeddingPlan(wanted, catalog: catalog)
            try schedule(&plan.work, as: request, key: key)
            let result = try await run(plan, for: key)
            let body = EmbeddingsResponse(result: result, model: wanted.model ?? plan.model.id, format: wanted.format)
            var response = Response.json(body.encoded())
            response.fields[.serverTiming] = Self.timing(result)
            response.fields[.cacheHits] = String(result.cachedInputs)
            return Answer(response, facts: Self.facts(plan, result))
        } catch {
            return Answer(error, to: request)
        }
    }

    /// Tells the scheduler what the request's fields ask for, and whose share of the time pays for it.
    ///
    /// Without keys every client host is a caller of its own.
    private func schedule(_ work: inout EmbeddingRequest, as request: Request, key: APIKey?) throws(APIError) {
        let fields = try SchedulingFields(request.fields)
        work.priority = fields.priority
        work.caller = key.map { "key \($0.name)" } ?? request.remoteAddress.host
        let timeout = [fields.timeout, requestTimeout].compactMap { $0 }.min()
        work.deadline = timeout.map { request.receivedAt + $0 }
    }

    /// Runs the plan on account of the key.
    private func run(_ plan: EmbeddingPlan, for key: APIKey?) async throws(APIError) -> EmbeddingResult {
        let estimate = plan.estimatedTokens
        try limiter.reserve(estimate, for: key)
        do throws(EmbeddingError) {
            let result = try await plan.model.backend.embed(plan.work)
            limiter.settle(estimate, used: result.totalTokens, for: key)
            metrics.record(plan, result)
            return result
        } catch {
            // Who gives up may have had their tokens computed all the same.
            if error != .cancelled { limiter.settle(estimate, used: 0, for: key) }
            if case .computeFailed(let reason) = error { state.fail(reason: reason) }
            throw APIError(error, inputs: plan.work.inputs.count)
        }
    }

    /// The `Server-Timing` field (W3C), in milliseconds.
    private static func timing(_ result: EmbeddingResult) -> String {
        "queue;dur=\(result.queueTime.milliseconds), compute;dur=\(result.computeTime.milliseconds)"
    }

    private static func facts(_ plan: EmbeddingPlan, _ result: EmbeddingResult) -> Logger.Metadata {
        [
            "model": .string(plan.model.id),
            "task": .string(plan.work.task?.rawValue ?? "default"),
            "inputs": .stringConvertible(plan.work.inputs.count),
            "tokens": .stringConvertible(result.totalTokens),
            "class": .string(result.priority.rawValue),
            "cached": .stringConvertible(result.cachedInputs),
            "queue_ms": .stringConvertible(result.queueTime.milliseconds),
            "predicted_ms": .stringConvertible(result.predictedQueueTime.milliseconds),
            "compute_ms": .stringConvertible(result.computeTime.milliseconds),
        ]
    }
}

extension EmbeddingPlan {
    /// Tokens as far as they can be told before tokenization: four octets of text each, which is what English has.
    fileprivate var estimatedTokens: Int {
        work.inputs.reduce(0) { sum, input in
            switch input {
            case .text(let text): sum + text.utf8.count / 4 + 1
            case .tokens(let ids): sum + ids.count
            }
        }
    }
}
