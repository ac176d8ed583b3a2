import ArgumentParser
import InferenceCore
import JSONCore
import Testing

@testable import EmbedServer

@Suite("Bench")
struct BenchTests {
    private static let fixtures = #filePath.replacing("EmbedServerTests/BenchTests.swift", with: "Fixtures/jina/")
    private static let facts = BenchReport.Facts(
        cpu: "a CPU",
        threads: 2,
        kernels: "portable",
        model: "/m",
        parameters: 7,
        weights: "BF16",
        tasks: ["clustering"]
    )

    @Test(
        "texts have exactly the tokens asked for, prompt included",
        arguments: ["nano", "small"],
        [EmbeddingTask.retrievalQuery, .retrievalPassage]
    )
    func texts(checkpoint: String, task: EmbeddingTask) throws {
        let encoder = try TextEncoder(directory: Self.fixtures + checkpoint)
        let texts = try BenchTexts(encoder: encoder, task: task)
        for tokens in [texts.shortest, texts.shortest + 1, 48, 300] {
            #expect(encoder.encode(texts.text(tokens: tokens, seed: 1), task: task).ids.count == tokens)
        }
        #expect(texts.text(tokens: 48, seed: 1) == texts.text(tokens: 48, seed: 1))
        #expect(texts.text(tokens: 48, seed: 1) != texts.text(tokens: 48, seed: 2))
        #expect(encoder.encode(texts.text(tokens: 1, seed: 1), task: task).ids.count == texts.shortest)
    }

    @Test("mixed lengths cover 8 to 512 evenly on a logarithmic scale, within the model's limit")
    func mixedLengths() {
        let lengths = BenchTexts.mixedLengths(count: 16, limit: 8_192)
        #expect(Set(lengths).count == 16)
        #expect(lengths != lengths.sorted())
        for octave in 3..<9 { #expect((2...3).contains(lengths.count { $0 >= 1 << octave && $0 < 2 << octave })) }
        #expect(BenchTexts.mixedLengths(count: 16, limit: 100).max() == 100)
    }

    @Test("percentiles are those of the sample")
    func percentiles() {
        let latency = BenchReport.Latency(milliseconds: (1...100).map(Double.init).reversed())
        #expect((latency.p50, latency.p90, latency.p99) == (50, 90, 99))
        let single = BenchReport.Latency(milliseconds: [7])
        #expect((single.p50, single.p90, single.p99) == (7, 7, 7))
    }

    @Test("the JSON has what scripts read, numbers as numbers")
    func json() throws {
        var report = BenchReport(facts: Self.facts)
        report.rounds = 5
        report.fmaPeak = 200
        report.read = 30
        report.linear = [(rows: 1, gflops: 20), (rows: 256, gflops: 180)]
        report.query.p50 = 18
        report.queryOperations = 2
        report.passage = .init(tokens: 900, rows: 3, gflops: 150)
        report.mixed = .init(tokens: 800, rows: 9, gflops: 140)
        report.lengths = [.init(inputs: 1, tokens: 12, seconds: 0.5, gflops: 10)]
        let json = try JSONParser.parse(report.json)
        let expected: [(String, Double)] = [
            ("query_ms", 18), ("passage_tokens_per_s", 900), ("mixed_tokens_per_s", 800), ("fma_peak_gflops", 200),
            ("read_gb_per_s", 30), ("passage_share_of_peak", 0.75), ("query_over_fma_limit", 1.8),
        ]
        for (name, value) in expected { #expect(json[name]?.double == value, "\(name)") }
        #expect(json["linear_gflops"]?["256"]?.double == 180)
        #expect(json["linear_share_of_peak"]?["256"]?.double == 0.9)
        #expect(json["machine"]?["threads"]?.integer == 2)
        #expect(json["lengths"]?.array?.first?["tokens_per_s"]?.double == 24)
    }

    @Test("the table has a line for everything")
    func table() {
        var report = BenchReport(facts: Self.facts)
        report.fmaPeak = 200
        report.queryOperations = 1
        report.linear = [(rows: 48, gflops: 150)]
        #expect(
            report.table.contains { $0.hasPrefix("linear, 48 rows ") && $0.hasSuffix(" 150 GFLOP/s, 75 % of peak") }
        )
        #expect(report.table.contains { $0.hasPrefix("machine ") && $0.contains("a CPU, 2 threads") })
    }

    @Test("the processor's name is found where there is one")
    func cpuName() {
        #expect(
            CPUName.name(in: "processor\t: 0\nmodel name\t: AMD  EPYC : 9\nmodel name\t: other\n") == "AMD EPYC : 9"
        )
        #expect(CPUName.name(in: "processor\t: 0\nBogoMIPS\t: 50\n") == nil)
    }

    @Test("a model is measured end to end")
    func run() async throws {
        let model = try EmbeddingModel(directory: Self.fixtures + "nano", id: "nano")
        let engine = EmbeddingEngine(models: [model], configuration: EngineConfiguration())
        let runner = BenchRunner(
            model: model,
            engine: engine,
            queryTask: .retrievalQuery,
            passageTask: .retrievalPassage,
            budget: .zero,
            longest: true
        )
        let report = try await runner.run(facts: Self.facts)
        await engine.shutDown()
        #expect(report.rounds == 5)
        #expect(report.linear.map(\.rows) == [1, 4, 12, 48, 256, 512, 2_048])
        #expect(report.passage.tokens > 0 && report.mixed.tokens > 0 && report.query.p50 > 0)
        #expect(report.lengths.map(\.tokens) == [12, model.description.maximumTokens])
    }

    @Test("the command line is understood, and nonsense refused")
    func commandLine() throws {
        let bench = try #require(
            try EmbedServer.parseAsRoot([
                "bench", "--model", "/m", "--task", "clustering", "--seconds", "5", "--longest", "--json",
            ])
                as? BenchCommand
        )
        #expect(bench.task?.task == .clustering)
        #expect(bench.seconds == 5)
        #expect(bench.longest && bench.json)
        for wrong in [
            ["bench"], ["bench", "--model", "/m", "--threads", "0"], ["bench", "--model", "/m", "--seconds", "0"],
        ] {
            #expect(throws: (any Error).self) { try EmbedServer.parseAsRoot(wrong) }
        }
    }
}
