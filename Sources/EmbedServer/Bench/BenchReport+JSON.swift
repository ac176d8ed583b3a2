import JSONCore

extension BenchReport {
    /// The report as one JSON object, for scripts.
    var json: [UInt8] {
        var writer = JSONWriter(capacity: 2_048)
        writer.object { report in
            report.key("machine")
            report.object {
                $0.member("cpu", facts.cpu)
                $0.member("threads", facts.threads)
                $0.member("kernels", facts.kernels)
            }
            report.key("model")
            report.object {
                $0.member("path", facts.model)
                $0.member("parameters", facts.parameters)
                $0.member("weights", facts.weights)
                $0.key("tasks")
                $0.array { for task in facts.tasks { $0.value(task) } }
            }
            report.member("rounds", rounds)
            report.member("fma_peak_gflops", fmaPeak)
            report.member("read_gb_per_s", read)
            report.member("query_ms", query.p50)
            report.member("query_p90_ms", query.p90)
            report.member("query_p99_ms", query.p99)
            report.member("query_over_fma_limit", queryOverLimit)
            report.member("passage_tokens_per_s", passage.tokens)
            report.member("passage_rows_per_s", passage.rows)
            report.member("passage_share_of_peak", passage.gflops / fmaPeak)
            report.member("mixed_tokens_per_s", mixed.tokens)
            report.member("mixed_rows_per_s", mixed.rows)
            report.member("mixed_share_of_peak", mixed.gflops / fmaPeak)
            report.key("linear_gflops")
            report.object { for (rows, gflops) in linear { $0.member(String(rows), gflops) } }
            report.key("linear_share_of_peak")
            report.object { for (rows, gflops) in linear { $0.member(String(rows), gflops / fmaPeak) } }
            report.key("lengths")
            report.array { for growth in lengths { growth.write(to: &$0) } }
            report.key("counts")
            report.array { for growth in counts { growth.write(to: &$0) } }
        }
        return writer.bytes
    }
}

extension BenchReport.Growth {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("inputs", inputs)
            $0.member("tokens", tokens)
            $0.member("seconds", seconds)
            $0.member("tokens_per_s", Double(tokens) / seconds)
            $0.member("gflops", gflops)
        }
    }
}

extension JSONWriter {
    fileprivate mutating func member(_ name: String, _ text: String) {
        key(name)
        value(text)
    }

    fileprivate mutating func member(_ name: String, _ number: Int) {
        key(name)
        value(number)
    }

    /// Measured numbers have no more than four digits behind the point.
    fileprivate mutating func member(_ name: String, _ number: Double) {
        key(name)
        value((number * 10_000).rounded() / 10_000)
    }
}
