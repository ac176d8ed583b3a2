import HTTPCore
import InferenceCore
import Logging

/// `POST /v1/embeddings`.
struct EmbeddingsEndpoint: Sendable {
    /// Who may ask.
    let authentication: Authentication
    /// Where the models are.
    let state: ServiceState

    /// Decodes, embeds, encodes.
    func answer(_ request: Request) async -> Answer {
        do throws(APIError) {
            try authentication.check(request.fields)
            let catalog = try state.catalog()
            let wanted = try EmbeddingsRequest(body: request.body)
            let plan = try EmbeddingPlan(wanted, catalog: catalog)
            let result = try await run(plan)
            let body = EmbeddingsResponse(result: result, model: wanted.model ?? plan.model.id, format: wanted.format)
            return Answer(.json(body.encoded()), facts: Self.facts(plan, result))
        } catch {
            return Answer(error, to: request)
        }
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
            "queue_ms": .stringConvertible(result.queueTime.milliseconds),
            "compute_ms": .stringConvertible(result.computeTime.milliseconds),
        ]
    }
}
