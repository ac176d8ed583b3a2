import HTTPCore
import HTTPTypes
import Logging

/// What every request passes on its way to an endpoint and back: key, limits, trace, CORS, log.
struct Gateway: Sendable {
    /// Who may ask.
    let authentication: Authentication
    /// How much they may ask for.
    let limiter: RateLimiter
    /// Which web pages may ask.
    let cors: CORSPolicy
    /// Gets one line for each request.
    let log: AccessLog
    /// Counts what is refused.
    let metrics: ServerMetrics

    /// Answers a request, and says what is worth logging.
    typealias Endpoint = @Sendable (Request, APIKey?) async -> Answer

    /// Wraps an endpoint that everybody may call.
    func open(_ endpoint: @escaping @Sendable (Request) -> Answer) -> Handler {
        { request in finish(endpoint(request), to: request, key: nil, level: .info) }
    }

    /// Wraps a probe: they come every few seconds, and would drown the log at its usual level.
    func probe(_ endpoint: @escaping @Sendable (Request) -> Answer) -> ImmediateHandler {
        { request in finish(endpoint(request), to: request, key: nil, level: .debug) }
    }

    /// Wraps an endpoint that takes a key with `scope`, if keys are configured.
    func locked(_ scope: APIKey.Scope, level: Logger.Level = .info, _ endpoint: @escaping Endpoint) -> Handler {
        { request in
            var key: APIKey?
            let answer: Answer
            do throws(APIError) {
                key = try authentication.check(request.fields)
                try key?.check(scope)
                if scope == .embed { try limiter.admit(key) }
                answer = await endpoint(request, key)
            } catch {
                answer = Answer(error, to: request)
            }
            return finish(answer, to: request, key: key, level: level)
        }
    }

    private func finish(_ answer: Answer, to request: Request, key: APIKey?, level: Logger.Level) -> Response {
        var facts = answer.facts
        var response = answer.response
        if let key {
            facts["key"] = .string(key.name)
            for field in limiter.fields(key) { response.fields.append(field) }
        }
        if let trace = TraceContext(request.fields) {
            facts["trace_id"] = .string(trace.traceID)
            facts["parent_id"] = .string(trace.parentID)
            response.fields[.traceparent] = trace.field
        }
        for field in cors.fields(for: request) { response.fields.append(field) }
        if let error = answer.error { metrics.record(error: error) }
        log.write(request, response.status, facts: facts, level: level)
        return response
    }

    /// Renders, counts and logs a request that never reached an endpoint.
    func refuse(_ error: HTTPError, id: RequestID) -> Response {
        let error = APIError(error)
        metrics.record(error: error.code)
        log.write(error, id: id)
        return error.response(id: id)
    }
}
