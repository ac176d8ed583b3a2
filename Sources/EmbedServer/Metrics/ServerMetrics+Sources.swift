import HTTPCore
import InferenceCore

/// Numbers that are looked up when somebody asks for metrics.
extension ServerMetrics {
    /// Adds what the HTTP server counts.
    func add(_ server: HTTPServer) {
        add { output in
            let now = server.statistics
            let counts: [(String, String, Int)] = [
                ("embed_http_connections_total", "Connections accepted.", now.connectionsAccepted),
                (
                    "embed_http_connections_shed_total", "Connections turned away for lack of descriptors.",
                    now.connectionsShed
                ),
                (
                    "embed_http_connections_evicted_total", "Connections sent away for others.",
                    now.connectionsEvicted
                ),
                ("embed_http_requests_cancelled_total", "Requests whose client went away.", now.requestsCancelled),
                ("embed_http_received_bytes_total", "Octets received.", now.bytesReceived),
                ("embed_http_sent_bytes_total", "Octets sent.", now.bytesSent),
            ]
            for (name, help, value) in counts { output.single(name, .counter, help, Double(value)) }
            output.single("embed_http_connections", .gauge, "Connections open.", Double(now.connectionsOpen))
            output.single("embed_http_body_bytes", .gauge, "Octets of bodies held.", Double(now.bodyBytesHeld))
            output.single("embed_http_answer_bytes", .gauge, "Octets of answers held.", Double(now.answerBytesHeld))
            output.single("embed_http_requests_in_flight", .gauge, "Requests at work.", Double(now.requestsInFlight))
        }
    }

    /// Adds whether the service is ready.
    func add(_ state: ServiceState) {
        add { output in
            let isReady = if case .ready = state.phase { 1.0 } else { 0.0 }
            output.single("embed_ready", .gauge, "1 while embeddings are served.", isReady)
        }
    }

    /// Adds how much of the log nobody took.
    func add(_ log: LogQueue) {
        add { output in
            output.single("embed_log_dropped_total", .counter, "Log lines dropped.", Double(log.dropped))
        }
    }

    /// Adds what the engine is and does.
    func add(_ engine: EmbeddingEngine, models: [ServedModel]) {
        add { output in
            output.begin("embed_model_info", .gauge, "1 for each model.")
            for model in models {
                let description = model.backend.description
                let labels: [MetricText.Label] = [
                    ("model", model.id), ("architecture", description.architecture),
                    ("weights", description.weightType), ("kernels", EmbeddingEngine.kernelName),
                ]
                output.sample("embed_model_info", labels, 1)
            }
            output.single("embed_compute_threads", .gauge, "Compute threads.", Double(engine.threadCount))
            Self.write(engine.status, to: &output)
        }
    }

    /// Writes what the scheduler does and has done.
    private static func write(_ status: SchedulerStatus, to output: inout MetricText) {
        let counts = status.counts
        func perClass(_ name: String, _ kind: MetricText.Kind, _ help: String, _ value: (Priority) -> Double) {
            output.begin(name, kind, help)
            for priority in Priority.allCases { output.sample(name, [("class", priority.rawValue)], value(priority)) }
        }
        perClass("embed_waiting_tokens", .gauge, "Tokens that wait.") { Double(status.waitingTokens[$0] ?? 0) }
        perClass("embed_predicted_wait_seconds", .gauge, "How long a new request would wait.") {
            (status.predictedWait[$0] ?? .zero) / .seconds(1)
        }
        perClass("embed_steps_total", .counter, "Steps started.") { Double(counts.steps[$0] ?? 0) }
        output.single(
            "embed_preemptions_total",
            .counter,
            "Interactive steps inside others.",
            Double(counts.preemptions)
        )
        output.single(
            "embed_steps_abandoned_total",
            .counter,
            "Steps stopped unfinished.",
            Double(counts.abandonedSteps)
        )
        output.single("embed_computed_tokens_total", .counter, "Tokens computed.", Double(counts.computedTokens))
        output.single("embed_computed_rows_total", .counter, "Rows of these tokens.", Double(counts.computedRows))
        output.single("embed_failed_rows_total", .counter, "Rows without a finite vector.", Double(counts.failedRows))
        output.begin("embed_reused_inputs_total", .counter, "Inputs that were not computed.")
        output.sample("embed_reused_inputs_total", [("from", "cache")], Double(counts.cachedInputs))
        output.sample("embed_reused_inputs_total", [("from", "flight")], Double(counts.sharedInputs))
        output.single("embed_cache_bytes", .gauge, "Octets of kept vectors.", Double(status.cacheBytes))
    }
}

extension ProcessStatus {
    /// Writes the metrics that every Prometheus client has, under their usual names, and the number of threads.
    func write(to output: inout MetricText) {
        output.single("process_resident_memory_bytes", .gauge, "Memory in RAM.", Double(residentBytes))
        output.single("process_cpu_seconds_total", .counter, "CPU time used.", cpuSeconds)
        output.single("process_open_fds", .gauge, "Descriptors open.", Double(openDescriptors))
        output.single("process_max_fds", .gauge, "Descriptors allowed.", Double(maximumDescriptors))
        output.single("process_threads", .gauge, "Threads.", Double(threads))
    }
}
