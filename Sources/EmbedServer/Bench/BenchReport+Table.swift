extension BenchReport {
    /// The report for people, a line each.
    var table: [String] {
        var lines = [
            line("machine", "\(facts.cpu), \(facts.threads) threads, \(facts.kernels) kernels"),
            line("model", "\(facts.model), \(facts.parameters) parameters in \(facts.weights)"),
            line("tasks", facts.tasks.isEmpty ? "not told apart" : facts.tasks.joined(separator: ", ")),
            line("FMA peak", "\(whole(fmaPeak)) GFLOP/s"),
            line("memory read", "\(tenths(read)) GB/s"),
            line(
                "query, 12 tokens",
                "\(tenths(query.p50)) ms (p90 \(tenths(query.p90)), p99 \(tenths(query.p99))), "
                    + "\(hundredths(queryOverLimit)) x its FMA limit"
            ),
            line("passages, 300 tokens", describe(passage)),
            line("mixed, 8 to 512 tokens", describe(mixed)),
        ]
        for (rows, gflops) in linear {
            lines.append(line("linear, \(rows) rows", "\(whole(gflops)) GFLOP/s, \(percent(gflops / fmaPeak)) of peak"))
        }
        for growth in lengths { lines.append(line("one input, \(growth.tokens) tokens", describe(growth))) }
        for growth in counts { lines.append(line("\(growth.inputs) x 12 tokens", describe(growth))) }
        lines.append(line("measured", "medians of \(rounds) rounds"))
        return lines
    }

    private func describe(_ throughput: Throughput) -> String {
        "\(whole(throughput.tokens)) tokens/s, \(tenths(throughput.rows)) rows/s, "
            + "\(percent(throughput.gflops / fmaPeak)) of peak"
    }

    private func describe(_ growth: Growth) -> String {
        "\(tenths(growth.seconds * 1e3)) ms, \(whole(Double(growth.tokens) / growth.seconds)) tokens/s, "
            + "\(percent(growth.gflops / fmaPeak)) of peak"
    }

    private func line(_ name: String, _ value: String) -> String {
        name + String(repeating: " ", count: max(1, 26 - name.count)) + value
    }

    private func whole(_ value: Double) -> String { String(Int(value.rounded())) }
    private func tenths(_ value: Double) -> String { String((value * 10).rounded() / 10) }
    private func hundredths(_ value: Double) -> String { String((value * 100).rounded() / 100) }
    private func percent(_ value: Double) -> String { "\(whole(value * 100)) %" }
}
