import HTTPCore
import InferenceCore
import Logging

/// `POST /v1/explain`: what `/v1/embeddings` would do with the same body, down to the tokens; nothing is computed.
struct ExplainEndpoint: Sendable {
    /// Knows the models, and holds keys to their limits.
    let runner: EmbeddingRunner

    /// Octets of a body: the answer is many times longer.
    static let bodyLimit = 2 << 20

    /// Decodes, plans, tokenizes, encodes.
    func answer(_ request: Request, _ key: APIKey?) async throws(APIError) -> Answer {
        let plan = try EmbeddingPlan(EmbeddingsRequest(body: request.body), catalog: try runner.state.catalog())
        let backend = plan.model.backend
        let work = plan.work
        let limit = min(backend.description.maximumTokens, work.maximumTokens ?? .max)
        let body = try await runner.tokenize(
            octets: request.body.count,
            estimate: plan.estimatedTokens,
            with: backend,
            for: key
        ) { encoder, cancellation -> ([UInt8], tokens: Int) in
            let inputs = work.inputs.map { ExplainedInput($0, task: work.task, limit: limit, encoder, cancellation) }
            let count = inputs.reduce(0) { $0 + $1.tokens.count }
            if cancellation.isCancelled { return ([], count) }
            return (Explanation(plan: plan, limit: limit, inputs: inputs).encoded(), count)
        }
        return Answer(.json(body), facts: ["model": .string(plan.model.id)])
    }
}
