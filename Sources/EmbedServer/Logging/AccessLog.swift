import HTTPCore
import HTTPTypes
import Logging

/// Writes one line for each request: what was asked for, how it ended, what it cost.
///
/// What was embedded is never written.
struct AccessLog: Sendable {
    /// Where the lines go.
    let logger: Logger

    /// An endpoint: what answers a request, and says what is worth logging.
    typealias Endpoint = @Sendable (Request) async -> Answer

    /// Wraps an endpoint into a handler that logs its answers.
    func logged(_ endpoint: @escaping Endpoint) -> Handler { handler(endpoint, level: .info) }

    /// Wraps a probe: probes come every few seconds and would drown the log.
    func probed(_ endpoint: @escaping Endpoint) -> Handler { handler(endpoint, level: .debug) }

    private func handler(_ endpoint: @escaping Endpoint, level: Logger.Level) -> Handler {
        { request in
            let answer = await endpoint(request)
            var metadata: Logger.Metadata = [
                "id": .string(request.id.rawValue),
                "method": .string(request.method.rawValue),
                "path": .string(request.path),
                "status": .stringConvertible(answer.response.status.code),
                "duration_ms": .stringConvertible((ContinuousClock.now - request.receivedAt).milliseconds),
            ]
            metadata.merge(answer.facts) { _, fact in fact }
            let isFault = answer.response.status == .internalServerError
            logger.log(level: isFault ? .error : level, "request", metadata: metadata)
            return answer.response
        }
    }

    /// Renders and logs a request that never reached an endpoint.
    func refuse(_ error: HTTPError, id: RequestID) -> Response {
        let apiError = APIError(error)
        logger.info(
            "request refused",
            metadata: [
                "id": .string(id.rawValue),
                "status": .stringConvertible(apiError.status.code),
                "error": .string(apiError.code),
                "reason": .string(apiError.message),
            ]
        )
        return apiError.response(id: id)
    }
}
