import HTTPCore
import HTTPTypes
import Logging

/// Writes one line for each request: what was asked for, how it ended, what it cost.
///
/// What was embedded is never written.
struct AccessLog: Sendable {
    /// Where the lines go.
    let logger: Logger

    /// Writes the line of a finished request.
    func write(_ record: ResponseRecord, _ note: RequestNote) {
        let level = record.status == .internalServerError ? .error : note.level
        guard level >= logger.logLevel else { return }
        var metadata: Logger.Metadata = [
            "id": .string(record.id.rawValue),
            "remote": .string(record.remoteAddress.host),
            "status": .stringConvertible(record.status.code),
            "bytes_in": .stringConvertible(record.requestBodyBytes),
            "bytes_out": .stringConvertible(record.bodyBytes),
            "duration_ms": .stringConvertible(record.duration.milliseconds),
        ]
        metadata["method"] = record.method.map { .string($0.rawValue.excerpt) }
        metadata["path"] = record.path.map { .string($0.excerpt) }
        if !record.isComplete { metadata["complete"] = .stringConvertible(false) }
        metadata["error"] = note.error.map { .string($0) }
        metadata["reason"] = note.refusal.map { .string($0) }
        metadata.merge(note.facts) { _, fact in fact }
        logger.log(level: level, note.refusal == nil ? "request" : "request refused", metadata: metadata)
    }
}
