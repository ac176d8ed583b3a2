import HTTPTypes
import Testing

@testable import EmbedServer
@testable import HTTPCore

@Suite("Metrics")
struct MetricsTests {
    @Test("a counter has a sample for each combination of labels, in order and escaped")
    func counter() {
        let counter = Counter("c_total", "Help.", labels: ["a", "b"])
        counter.add(2, "y", "\"q\"\\\n")
        counter.add(1, "x", "")
        counter.add(3, "y", "\"q\"\\\n")
        var output = MetricText()
        counter.write(to: &output)
        #expect(
            output.text == #"""
                # HELP c_total Help.
                # TYPE c_total counter
                c_total{a="x",b=""} 1
                c_total{a="y",b="\"q\"\\\n"} 5

                """#
        )
    }

    @Test("a histogram's buckets hold all values up to their bound")
    func histogram() {
        let histogram = Histogram("h", "Help.", labels: ["m"], bounds: [0.5, 1])
        histogram.record([0.25, 0.5], "x")
        histogram.record([0.75, 8], "x")
        var output = MetricText()
        histogram.write(to: &output)
        #expect(
            output.text == """
                # HELP h Help.
                # TYPE h histogram
                h_bucket{m="x",le="0.5"} 2
                h_bucket{m="x",le="1"} 3
                h_bucket{m="x",le="+Inf"} 4
                h_sum{m="x"} 9.5
                h_count{m="x"} 4

                """
        )
    }

    @Test("answers are counted by route, method and status; what clients make up is not a label")
    func requests() {
        let metrics = ServerMetrics()
        func record(_ method: HTTPRequest.Method?, _ route: String?, _ status: HTTPResponse.Status) {
            metrics.record(
                ResponseRecord(
                    id: RequestID(),
                    method: method,
                    path: "/some/path",
                    route: route,
                    status: status,
                    requestBodyBytes: 0,
                    bodyBytes: 0,
                    isComplete: true,
                    duration: .milliseconds(3),
                    remoteAddress: SocketAddress(host: "127.0.0.1", port: 1)
                )
            )
        }
        record(.post, "/v1/embeddings", .ok)
        record(.post, "/v1/embeddings", .ok)
        record(HTTPRequest.Method("BREW"), nil, .notImplemented)
        record(nil, nil, .badRequest)
        let text = metrics.text()
        #expect(text.contains("\nembed_http_requests_total{route=\"/v1/embeddings\",method=\"POST\",code=\"200\"} 2\n"))
        #expect(text.contains("\nembed_http_requests_total{route=\"none\",method=\"other\",code=\"501\"} 1\n"))
        #expect(text.contains("\nembed_http_requests_total{route=\"none\",method=\"other\",code=\"400\"} 1\n"))
        #expect(text.contains("_seconds_bucket{route=\"/v1/embeddings\",le=\"0.0025\"} 0\n"))
        #expect(text.contains("_seconds_bucket{route=\"/v1/embeddings\",le=\"0.005\"} 2\n"))
    }

    @Test("what is embedded and what is refused is counted by model, task and code")
    func embeddings() async throws {
        let client = try TestClient()
        _ = try await client.embed(#"{"input":["one two","three"],"task":"retrieval.query"}"#)
        _ = try await client.embed(#"{"input":"\#(String(repeating: "a ", count: 40))","truncate":true}"#)
        _ = try await client.embed(#"{"input":[]}"#)
        let reply = try await client.send(.get, "/metrics")
        #expect(reply.fields[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
        let model = "model=\"jina-embeddings-v5-text-small\""
        for line in [
            "embed_inputs_total{\(model),task=\"retrieval.query\",class=\"bulk\"} 2",
            "embed_tokens_total{\(model),task=\"retrieval.query\",class=\"bulk\"} 5",
            "embed_inputs_total{\(model),task=\"default\",class=\"bulk\"} 1",
            "embed_tokens_total{\(model),task=\"default\",class=\"bulk\"} 32",
            "embed_truncated_inputs_total{\(model)} 1",
            "embed_input_tokens_bucket{\(model),le=\"2\"} 1",
            "embed_input_tokens_count{\(model)} 3",
            "embed_queue_wait_seconds_sum{\(model),class=\"bulk\"} 0.004",
            "embed_compute_seconds_sum{\(model),class=\"bulk\"} 0.01",
            "embed_request_errors_total{code=\"VALIDATION_ERROR\"} 1",
            "embed_ready 1",
        ] {
            #expect(reply.text.contains("\n\(line)\n"), "\(line)")
        }
    }

    @Test("the process is described")
    func process() {
        let status = ProcessStatus.now
        #expect(status.residentBytes > 1 << 20)
        #expect(status.threads > 0)
        #expect(status.openDescriptors > 2)
        #expect(status.maximumDescriptors >= status.openDescriptors)
        #expect(status.cpuSeconds > 0)
    }
}
