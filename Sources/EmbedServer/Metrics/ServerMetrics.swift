import HTTPCore
import HTTPTypes
import InferenceCore

/// Everything that is counted, and where else to look when somebody asks; docs/operations.md says what it means.
///
/// Labels have few values: names of the configuration, routes and codes, never what a client made up.
final class ServerMetrics: Sendable {
    private let registry = MetricRegistry()
    private let requests: Counter
    private let durations: Histogram
    private let errors: Counter
    private let inputs: Counter
    private let tokens: Counter
    private let truncatedInputs: Counter
    private let inputTokens: Histogram
    private let queueWait: Histogram
    private let compute: Histogram
    private let keyReloads: Counter

    /// Nothing counted yet.
    init() {
        requests = Counter(
            "embed_http_requests_total",
            "Answers sent.",
            labels: ["route", "method", "code"],
            in: registry
        )
        durations = Histogram(
            "embed_http_request_duration_seconds",
            "From the first octet of a request to its answer.",
            labels: ["route"],
            in: registry
        )
        errors = Counter(
            "embed_request_errors_total",
            "Requests refused or failed, by the code of the answer.",
            labels: ["code"],
            in: registry
        )
        inputs = Counter("embed_inputs_total", "Inputs embedded.", labels: ["model", "task", "class"], in: registry)
        tokens = Counter(
            "embed_tokens_total",
            "Tokens of these inputs.",
            labels: ["model", "task", "class"],
            in: registry
        )
        truncatedInputs = Counter("embed_truncated_inputs_total", "Inputs cut.", labels: ["model"], in: registry)
        inputTokens = Histogram(
            "embed_input_tokens",
            "Tokens of an input.",
            labels: ["model"],
            bounds: Histogram.powersOfTwo,
            in: registry
        )
        queueWait = Histogram(
            "embed_queue_wait_seconds",
            "From a request's admission to its first step.",
            labels: ["model", "class"],
            in: registry
        )
        compute = Histogram(
            "embed_compute_seconds",
            "From a request's first step to the end of its last.",
            labels: ["model", "class"],
            in: registry
        )
        keyReloads = Counter("embed_key_reloads_total", "Readings of the key file.", labels: ["result"], in: registry)
    }

    /// Adds numbers that somebody else keeps.
    func add(_ source: @escaping MetricRegistry.Source) { registry.add(source) }

    /// Counts an answer; on an event loop.
    func record(_ record: ResponseRecord) {
        let route = record.route ?? "none"
        let method = record.method.flatMap { Self.methods.contains($0) ? $0.rawValue : nil } ?? "other"
        requests.add(1, route, method, String(record.status.code))
        durations.record([record.duration / .seconds(1)], route)
    }

    /// Counts a request that was refused or failed.
    func record(error code: String) { errors.add(1, code) }

    /// Counts a request that was answered with vectors.
    func record(_ plan: EmbeddingPlan, _ result: EmbeddingResult) {
        let model = plan.model.id
        let task = plan.work.task?.rawValue ?? "default"
        let priority = result.priority.rawValue
        inputs.add(result.tokenCounts.count, model, task, priority)
        tokens.add(result.totalTokens, model, task, priority)
        truncatedInputs.add(result.truncated.count { $0 }, model)
        inputTokens.record(result.tokenCounts.map(Double.init), model)
        queueWait.record([result.queueTime / .seconds(1)], model, priority)
        compute.record([result.computeTime / .seconds(1)], model, priority)
    }

    /// Counts a reading of the key file.
    func record(keyReload succeeded: Bool) { keyReloads.add(1, succeeded ? "success" : "failure") }

    /// All metrics as text.
    func text() -> String {
        var output = MetricText()
        registry.write(to: &output)
        ProcessStatus.now.write(to: &output)
        return output.text
    }

    private static let methods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options]
}
