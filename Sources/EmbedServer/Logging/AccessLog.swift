import HTTPCore
import HTTPTypes
import Logging

/// Writes one line for each request: what was asked for, how it ended, what it cost.
///
/// What was embedded is never written.
struct AccessLog: Sendable {
    /// Where the lines go.
    let logger: Logger

    /// Writes the line of a request that an endpoint has answered.
    ///
    /// - Parameter level: how severe it is, unless the server is at fault.
    func write(_ request: Request, _ status: HTTPResponse.Status, facts: Logger.Metadata, level: Logger.Level) {
        let level = status == .internalServerError ? .error : level
        guard level >= logger.logLevel else { return }
        var metadata: Logger.Metadata = [
            "id": .string(request.id.rawValue),
            "method": .string(request.method.rawValue.excerpt),
            "path": .string(request.path.excerpt),
            "status": .stringConvertible(status.code),
            "duration_ms": .stringConvertible((ContinuousClock.now - request.receivedAt).milliseconds),
        ]
        metadata.merge(facts) { _, fact in fact }
        logger.log(level: level, "request", metadata: metadata)
    }

    /// Writes the line of a request that no endpoint has seen.
    func write(_ error: APIError, id: RequestID) {
        logger.info(
            "request refused",
            metadata: [
                "id": .string(id.rawValue),
                "status": .stringConvertible(error.status.code),
                "error": .string(error.code),
                "reason": .string(error.message),
            ]
        )
    }
}
