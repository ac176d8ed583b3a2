import HTTPCore
import HTTPTypes
import InferenceCore

/// The one way from what a dialect has read to vectors: plans a request, schedules it, runs it on account of its key.
struct EmbeddingRunner: Sendable {
    /// Where the models are.
    let state: ServiceState
    /// How many tokens a key may ask for.
    let limiter: RateLimiter
    /// Counts what was embedded.
    let metrics: ServerMetrics
    /// The longest a request may take; `nil`: as long as it needs.
    var requestTimeout: Duration?
    /// Whether the vectors that one key has paid for may come from the cache for another.
    var sharesCache = false

    /// Embeds what a request asks for.
    func run(
        _ wanted: EmbeddingsRequest,
        as request: Request,
        for key: APIKey?
    ) async throws(APIError) -> EmbeddingRun {
        let plan = try plan(wanted, as: request, for: key)
        return EmbeddingRun(plan: plan, result: try await run(plan, for: key))
    }

    /// Plans and schedules what a request asks for; what is wrong with it is refused here.
    func plan(_ wanted: EmbeddingsRequest, as request: Request, for key: APIKey?) throws(APIError) -> EmbeddingPlan {
        var plan = try EmbeddingPlan(wanted, catalog: try state.catalog())
        try schedule(&plan.work, as: request, key: key)
        return plan
    }

    /// Tells the scheduler what the request's fields ask for, and whose share of the time pays for it.
    ///
    /// Without keys every client host is a caller of its own.
    private func schedule(_ work: inout EmbeddingWork, as request: Request, key: APIKey?) throws(APIError) {
        let fields = try SchedulingFields(request.fields)
        work.priority = fields.priority ?? work.priority
        work.caller = key.map { "key \($0.name)" } ?? request.remoteAddress.host
        work.cacheScope = sharesCache ? nil : key?.name
        let timeout = [fields.timeout, requestTimeout].compactMap { $0 }.min()
        work.deadline = timeout.map { request.receivedAt + $0 }
    }

    /// Runs a plan on account of the key.
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
            throw APIError(error, inputs: plan.work.inputs.count, names: plan.request.names)
        }
    }
}

extension EmbeddingRunner {
    /// Tokenizes for people to look at, where no embedding waits for it, on account of the key.
    ///
    /// - Parameters:
    ///   - octets: of the text.
    ///   - estimate: the tokens that there will be about.
    ///   - body: does the work, and says how many tokens there were; once it is cancelled nobody reads its value.
    func tokenize<Value: Sendable>(
        octets: Int,
        estimate: Int,
        with backend: any EmbeddingBackend,
        for key: APIKey?,
        _ body: @escaping @Sendable (TextEncoder, Cancellation) -> (Value, tokens: Int)
    ) async throws(APIError) -> Value {
        try limiter.reserve(estimate, for: key)
        let cancellation = Cancellation()
        let (value, tokens) = await withTaskCancellationHandler {
            await backend.tokenizing(octets: octets) { body($0, cancellation) }
        } onCancel: {
            cancellation.cancel()
        }
        // Who gives up may have had their tokens told all the same.
        if cancellation.isCancelled { throw APIError(.cancelled, inputs: 1) }
        limiter.settle(estimate, used: tokens, for: key)
        return value
    }
}

extension EmbeddingPlan {
    /// Tokens as far as they can be told before tokenization.
    var estimatedTokens: Int {
        work.inputs.reduce(0) { sum, input in
            switch input {
            case .text(let text): sum + Self.estimatedTokens(of: text)
            case .tokens(let ids): sum + ids.count
            }
        }
    }

    /// Four octets of text a token, which is what English has.
    static func estimatedTokens(of text: String) -> Int { text.utf8.count / 4 + 1 }
}
