import HTTPCore
import HTTPTypes
import InferenceCore
import Synchronization

/// Everything that is counted, and where else to look when somebody asks; docs/operations.md says what it means.
///
/// Labels have few values: names of the configuration, routes and codes, never what a client made up.
final class ServerMetrics: Sendable {
    private let requests = Counter(
        "embed_http_requests_total",
        "Answers sent.",
        labels: ["route", "method", "code"]
    )
    private let durations = Histogram(
        "embed_http_request_duration_seconds",
        "From the first octet of a request to its answer.",
        labels: ["route"]
    )
    private let errors = Counter(
        "embed_request_errors_total",
        "Requests refused or failed, by the code of the answer.",
        labels: ["code"]
    )
    private let inputs = Counter("embed_inputs_total", "Inputs embedded.", labels: ["model", "task", "class"])
    private let tokens = Counter("embed_tokens_total", "Tokens of these inputs.", labels: ["model", "task", "class"])
    private let truncatedInputs = Counter("embed_truncated_inputs_total", "Inputs cut.", labels: ["model"])
    private let inputTokens = Histogram(
        "embed_input_tokens",
        "Tokens of an input.",
        labels: ["model"],
        bounds: Histogram.powersOfTwo
    )
    private let queueWait = Histogram(
        "embed_queue_wait_seconds",
        "From a request's admission to its first step.",
        labels: ["model", "class"]
    )
    private let compute = Histogram(
        "embed_compute_seconds",
        "From a request's first step to the end of its last.",
        labels: ["model", "class"]
    )
    private let keyReloads = Counter("embed_key_reloads_total", "Readings of the key file.", labels: ["result"])

    /// Writes samples that are not counted here but looked up.
    typealias Source = @Sendable (inout MetricText) -> Void
    private let sources = Mutex<[Source]>([])

    /// Adds numbers that somebody else keeps.
    func add(_ source: @escaping Source) {
        sources.withLock { $0.append(source) }
    }

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
        requests.write(to: &output)
        durations.write(to: &output)
        errors.write(to: &output)
        inputs.write(to: &output)
        tokens.write(to: &output)
        truncatedInputs.write(to: &output)
        inputTokens.write(to: &output)
        queueWait.write(to: &output)
        compute.write(to: &output)
        keyReloads.write(to: &output)
        for source in sources.withLock({ $0 }) { source(&output) }
        ProcessStatus.now.write(to: &output)
        return output.text
    }

    private static let methods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options]
}
