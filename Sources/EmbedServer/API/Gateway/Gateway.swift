import HTTPCore
import HTTPTypes
import Logging

/// Makes the routes of endpoints: what every request passes on its way in and out.
///
/// Whatever can be decided from the head of a request is decided there, on the event loop, before its body is asked for:
/// its Host, the page it comes from, its key, and how many requests the key has left. The key that was found goes on to
/// the endpoint. On the way out an answer gets the fields that all have: limits, trace, CORS.
struct Gateway: Sendable {
    /// Who may ask.
    let authentication: Authentication
    /// How much they may ask for.
    let limiter: RateLimiter
    /// What the server may be called.
    let hosts: HostPolicy
    /// Which web pages may ask.
    let origins: OriginPolicy
    /// Which web pages may read answers.
    let cors: CORSPolicy

    /// Answers a request, and says what is worth logging.
    typealias Endpoint = @Sendable (Request, APIKey?) async throws(APIError) -> Answer

    /// Decides about the head of a request; keeps the key that it finds, also for a refusal.
    private typealias Check = @Sendable (Request, inout APIKey?) throws(APIError) -> Void

    /// A route that everybody may use, and every page: it tells what the server is, and changes nothing.
    ///
    /// - Parameter style: how the endpoint's dialect refuses; `nil`: like `/v1/embeddings`.
    func open(
        _ method: HTTPRequest.Method,
        _ pattern: String,
        style: ErrorStyle? = nil,
        _ endpoint: @escaping @Sendable (Request) throws(APIError) -> Answer
    ) -> Route {
        route(method, pattern, style: style) { _, _ in
        } endpoint: { request, _ throws(APIError) in
            try endpoint(request)
        }
    }

    /// A probe, answered whatever its head says: it tells nothing, and supervisors put into Host what they like.
    ///
    /// Probes come every few seconds, and would drown the log at its usual level. They are answered on the event loops:
    /// elsewhere they would wait for a thread while large bodies are decoded.
    func probe(_ pattern: String, _ endpoint: @escaping @Sendable (Request) -> Answer) -> Route {
        var route = Route.immediate([.get], pattern) { request in
            finish(endpoint(request), to: request.fields, level: .debug)
        }
        route.isProbe = true
        return route
    }

    /// A route that takes a key with `scope`, if keys are configured.
    ///
    /// - Parameters:
    ///   - bodyLimit: octets of a body; `nil` for the server's limit.
    ///   - level: how severe lines of the log about it are.
    ///   - style: how the endpoint's dialect refuses; `nil`: like `/v1/embeddings`.
    func locked(
        _ scope: APIKey.Scope,
        _ method: HTTPRequest.Method,
        _ pattern: String,
        bodyLimit: Int? = nil,
        level: Logger.Level = .info,
        style: ErrorStyle? = nil,
        _ endpoint: @escaping Endpoint
    ) -> Route {
        route(method, pattern, bodyLimit: bodyLimit, level: level, style: style) { head, key throws(APIError) in
            try origins.check(head.fields, authority: head.head.authority)
            key = try authentication.check(head.fields)
            try key?.check(scope)
            if scope == .embed { try limiter.admit(key) }
        } endpoint: { request, key throws(APIError) in
            try await endpoint(request, key)
        }
    }

    /// Renders the refusal of a request that no endpoint sees.
    ///
    /// - Parameter style: how the dialect of the request's route refuses.
    func refuse(_ error: HTTPError, _ request: RefusedRequest, style: ErrorStyle = .standard) -> Response {
        finish(Answer(refusing: APIError(error), id: request.id, style: style), to: request.fields)
    }

    private func route(
        _ method: HTTPRequest.Method,
        _ pattern: String,
        bodyLimit: Int? = nil,
        level: Logger.Level = .info,
        style dialect: ErrorStyle?,
        check: @escaping Check,
        endpoint: @escaping Endpoint
    ) -> Route {
        let style = dialect ?? .standard
        var route = Route.admitting([method], pattern, bodyLimit: bodyLimit) { head in
            var key: APIKey?
            do throws(APIError) {
                try hosts.check(head.head.authority)
                try check(head, &key)
            } catch {
                let refusal = Answer(refusing: error, id: head.id, style: style)
                return .refuse(finish(refusal, to: head.fields, key: key, level: level))
            }
            return .handle { [key] request in
                let answer: Answer
                do throws(APIError) {
                    answer = try await endpoint(request, key)
                } catch {
                    answer = Answer(error, id: request.id, style: style)
                }
                return finish(answer, to: request.fields, key: key, level: level)
            }
        }
        // A dialect's style wins over none where routes share a path.
        if let dialect { route.errorResponse = { refuse($0, $1, style: dialect) } }
        return route
    }

    /// Adds what all answers have.
    ///
    /// - Parameter fields: those of the request.
    private func finish(
        _ answer: Answer,
        to fields: HTTPFields,
        key: APIKey? = nil,
        level: Logger.Level = .info
    ) -> Response {
        var response = answer.response
        var facts = answer.facts
        if let key {
            facts["key"] = .string(key.name)
            for field in limiter.fields(key) { response.fields.append(field) }
        }
        if let trace = TraceContext(fields) {
            facts["trace_id"] = .string(trace.traceID)
            facts["parent_id"] = .string(trace.parentID)
            response.fields[.traceparent] = trace.field
        }
        for field in cors.fields(for: fields) { response.fields.append(field) }
        // Caches keep away from answers to Authorization (RFC 9111 section 3.5), but know no other field for keys.
        if Self.keyFields.contains(where: { fields[$0] != nil }), response.fields[.cacheControl] == nil {
            response.fields[.cacheControl] = "no-store"
        }
        let isPlain = level == .debug && facts.isEmpty && answer.error == nil
        response.note =
            isPlain
            ? RequestNote.probe
            : RequestNote(facts: facts, error: answer.error, refusal: answer.refusal, level: level)
        return response
    }

    private static let keyFields: [HTTPField.Name] = [.authorization, .apiKey, .xAPIKey, .googleAPIKey]
}
