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
    typealias Endpoint = @Sendable (Request, APIKey?) async throws(APIError) -> Answer

    /// Wraps an endpoint that everybody may call.
    func open(
        style: ErrorStyle = .standard,
        _ endpoint: @escaping @Sendable (Request) throws(APIError) -> Answer
    ) -> Handler {
        { request in
            let answer: Answer
            do throws(APIError) {
                answer = try endpoint(request)
            } catch {
                answer = Answer(error, to: request, style: style)
            }
            return finish(answer, to: request, key: nil, level: .info)
        }
    }

    /// Wraps a probe: they come every few seconds, and would drown the log at its usual level.
    func probe(_ endpoint: @escaping @Sendable (Request) -> Answer) -> ImmediateHandler {
        { request in finish(endpoint(request), to: request, key: nil, level: .debug) }
    }

    /// Wraps an endpoint that takes a key with `scope`, if keys are configured.
    ///
    /// - Parameter style: how the endpoint's dialect refuses.
    func locked(
        _ scope: APIKey.Scope,
        level: Logger.Level = .info,
        style: ErrorStyle = .standard,
        _ endpoint: @escaping Endpoint
    ) -> Handler {
        { request in
            var key: APIKey?
            let answer: Answer
            do throws(APIError) {
                key = try authentication.check(request.fields)
                try key?.check(scope)
                if scope == .embed { try limiter.admit(key) }
                answer = try await endpoint(request, key)
            } catch {
                answer = Answer(error, to: request, style: style)
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
        for field in cors.fields(for: request.fields) { response.fields.append(field) }
        if let error = answer.error { metrics.record(error: error) }
        log.write(request, response.status, facts: facts, level: level)
        return response
    }

    /// Renders, counts and logs a request that never reached an endpoint.
    ///
    /// - Parameter style: how the dialect of the request's path refuses.
    func refuse(_ error: HTTPError, _ request: RefusedRequest, style: ErrorStyle) -> Response {
        let error = APIError(error)
        metrics.record(error: error.code)
        log.write(error, id: request.id)
        var response = error.response(id: request.id, style: style)
        for field in cors.fields(for: request.fields) { response.fields.append(field) }
        return response
    }
}
