import HTTPCore
import HTTPTypes

/// `GET /metrics`.
struct MetricsEndpoint: Sendable {
    /// What is measured.
    let metrics: ServerMetrics

    /// All metrics in Prometheus' text format, version 0.0.4.
    func answer(_ request: Request, _ key: APIKey?) -> Answer {
        let fields: HTTPFields = [.contentType: "text/plain; version=0.0.4; charset=utf-8"]
        return Answer(Response(status: .ok, fields: fields, body: Array(metrics.text().utf8)))
    }
}
