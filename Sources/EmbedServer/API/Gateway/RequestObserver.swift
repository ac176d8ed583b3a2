import HTTPCore

/// Told of each request when its answer has been sent or cannot be: the one place that logs and counts it.
struct RequestObserver: Sendable {
    /// Gets one line for each request.
    let log: AccessLog
    /// Counts answers and errors.
    let metrics: ServerMetrics

    /// Logs and counts a request; called on an event loop.
    func observe(_ record: ResponseRecord) {
        // HTTPCore answers some requests by itself, `OPTIONS` for one: there is nothing to add then.
        let note = record.note as? RequestNote ?? .none
        metrics.record(record)
        if let error = note.error { metrics.record(error: error) }
        log.write(record, note)
    }
}
