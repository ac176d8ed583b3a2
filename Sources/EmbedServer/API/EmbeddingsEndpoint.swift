import HTTPCore
import HTTPTypes
import InferenceCore
import Logging

/// `POST /v1/embeddings`.
struct EmbeddingsEndpoint: Sendable {
    /// Who may ask.
    let authentication: Authentication
    /// Where the models are.
    let state: ServiceState
    /// The longest a request may take; `nil`: as long as it needs.
    var requestTimeout: Duration?

    /// Decodes, embeds, encodes.
    func answer(_ request: Request) async -> Answer {
        do throws(APIError) {
            let key = try authentication.check(request.fields)
            let catalog = try state.catalog()
            let wanted = try EmbeddingsRequest(body: request.body)
            var plan = try EmbeddingPlan(wanted, catalog: catalog)
            try schedule(&plan.work, as: request, key: key)
            let result = try await run(plan)
            let body = EmbeddingsResponse(result: result, model: wanted.model ?? plan.model.id, format: wanted.format)
            let fields: HTTPFields = [.cacheHits: String(result.cachedInputs)]
            return Answer(.json(body.encoded(), fields: fields), facts: Self.facts(plan, result))
        } catch {
            return Answer(error, to: request)
        }
    }

    /// Tells the scheduler what the request's fields ask for, and whose share of the time pays for it.
    ///
    /// - Parameter key: the API key it came with; without keys every client host is a caller of its own.
    private func schedule(_ work: inout EmbeddingRequest, as request: Request, key: Int?) throws(APIError) {
        let fields = try SchedulingFields(request.fields)
        work.priority = fields.priority
        work.caller = key.map { "key \($0)" } ?? request.remoteAddress.host
        let timeout = [fields.timeout, requestTimeout].compactMap { $0 }.min()
        work.deadline = timeout.map { request.receivedAt + $0 }
    }

    private func run(_ plan: EmbeddingPlan) async throws(APIError) -> EmbeddingResult {
        do throws(EmbeddingError) {
            return try await plan.model.backend.embed(plan.work)
        } catch {
            if case .computeFailed(let reason) = error { state.fail(reason: reason) }
            throw APIError(error, inputs: plan.work.inputs.count)
        }
    }

    private static func facts(_ plan: EmbeddingPlan, _ result: EmbeddingResult) -> Logger.Metadata {
        [
            "model": .string(plan.model.id),
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
