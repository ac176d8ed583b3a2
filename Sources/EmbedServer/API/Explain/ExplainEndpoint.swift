import HTTPCore
import InferenceCore
import Logging

/// `POST /v1/explain`: what `/v1/embeddings` would do with the same body, down to the tokens; nothing is computed.
struct ExplainEndpoint: Sendable {
    /// Knows the models, and holds keys to their limits.
    let runner: EmbeddingRunner

    /// Octets of a body: the answer is many times longer.
    static let bodyLimit = 2 << 20

    /// Decodes, plans, tokenizes; the answer is encoded as the client takes it.
    func answer(_ request: Request, _ key: APIKey?) async throws(APIError) -> Answer {
        let plan = try EmbeddingPlan(EmbeddingsRequest(body: request.body), catalog: try runner.state.catalog())
        let backend = plan.model.backend
        let work = plan.work
        let limit = min(backend.description.maximumTokens, work.maximumTokens ?? .max)
        let inputs = try await runner.tokenize(
            octets: request.body.count,
            estimate: plan.estimatedTokens,
            with: backend,
            for: key
        ) { encoder, cancellation in
            let inputs = work.inputs.map { ExplainedInput($0, task: work.task, limit: limit, encoder, cancellation) }
            return (inputs, tokens: inputs.reduce(0) { $0 + $1.tokens.count })
        }
        let body = Explanation(plan: plan, limit: limit, inputs: inputs).body
        return Answer(.json(body), facts: ["model": .string(plan.model.id)])
    }
}
