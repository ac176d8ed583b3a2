import InferenceCore

/// Measures one model on this machine, alternating between workloads so that a slow moment meets all of them.
struct BenchRunner {
    /// The model.
    let model: EmbeddingModel
    /// The engine that has it.
    let engine: EmbeddingEngine
    /// The task of queries; `nil`: the model's default.
    let queryTask: EmbeddingTask?
    /// The task of everything else.
    let passageTask: EmbeddingTask?
    /// How long to measure, about.
    let budget: Duration
    /// Whether to measure one input of the model's limit as well, however long that takes.
    let longest: Bool

    private static let leastRounds = 5
    private static let queryTokens = 12
    private static let queriesPerRound = 8
    private static let passages = 8
    private static let mixedTexts = 16
    private static let linearRows = [1, 4, 12, 48, 256, 512, 2_048]
    private let clock = ContinuousClock()

    /// Runs everything and returns the medians.
    func run(facts: BenchReport.Facts) async throws -> BenchReport {
        let queryTexts = try BenchTexts(encoder: model.encoder, task: queryTask)
        let texts = try BenchTexts(encoder: model.encoder, task: passageTask)
        let limit = model.description.maximumTokens
        let passages = (0..<Self.passages).map { texts.text(tokens: min(300, limit), seed: $0) }
        let mixed = BenchTexts.mixedLengths(count: Self.mixedTexts, limit: limit).enumerated().map {
            texts.text(tokens: $1, seed: $0)
        }
        let benchmark = Benchmark(model, task: passageTask, threads: engine.threadCount)
        let start = clock.now
        var round = Round()
        _ = try await embed(passages + mixed, passageTask)  // to bring weights and memory in
        while round.count < Self.leastRounds || clock.now - start < budget / 2 {
            round.count += 1
            round.fma.append(benchmark.fmaPeak())
            round.read.append(benchmark.readBandwidth())
            for rows in Self.linearRows { round.linear[rows, default: []].append(benchmark.linearRate(rows: rows)) }
            for index in 0..<Self.queriesPerRound {
                let text = queryTexts.text(tokens: Self.queryTokens, seed: index + round.count * 1_000)
                round.queries.append(try await embed([text], queryTask))
            }
            round.passages.append(try await embed(passages, passageTask))
            round.mixed.append(try await embed(mixed, passageTask))
        }
        var report = report(of: round, facts: facts, benchmark)
        report.lengths = try await growth(texts, budget: budget / 4, benchmark) { size in
            size <= limit ? [size] : nil
        }
        if longest, report.lengths.last?.tokens != limit {
            report.lengths.append(try await grown(texts, lengths: [limit], benchmark))
        }
        report.counts = try await growth(texts, budget: budget / 4, benchmark) { size in
            size <= 2_048 * Self.queryTokens ? Array(repeating: Self.queryTokens, count: size / Self.queryTokens) : nil
        }
        return report
    }

    /// One request: what it was and how long it took.
    private struct Sample {
        let lengths: [Int]
        let duration: Duration

        var tokens: Int { lengths.reduce(0, +) }
        var seconds: Double { duration / .seconds(1) }
    }

    /// The samples of all rounds.
    private struct Round {
        var count = 0
        var fma: [Double] = []
        var read: [Double] = []
        var linear: [Int: [Double]] = [:]
        var queries: [Sample] = []
        var passages: [Sample] = []
        var mixed: [Sample] = []
    }

    private func embed(_ texts: [String], _ task: EmbeddingTask?) async throws(EmbeddingError) -> Sample {
        let request = EmbeddingWork(inputs: texts.map(EmbeddingInput.text), task: task)
        let start = clock.now
        let result = try await engine.embed(request, with: model)
        return Sample(lengths: result.tokenCounts, duration: clock.now - start)
    }

    private func report(of round: Round, facts: BenchReport.Facts, _ benchmark: Benchmark) -> BenchReport {
        var report = BenchReport(facts: facts)
        report.rounds = round.count
        report.fmaPeak = Self.median(round.fma) / 1e9
        report.read = Self.median(round.read) / 1e9
        report.linear = Self.linearRows.map { ($0, Self.median(round.linear[$0] ?? []) / 1e9) }
        report.query = BenchReport.Latency(milliseconds: round.queries.map { $0.seconds * 1e3 })
        report.queryOperations = benchmark.operations(lengths: round.queries[0].lengths) / 1e9
        report.passage = throughput(round.passages, benchmark)
        report.mixed = throughput(round.mixed, benchmark)
        return report
    }

    private func throughput(_ samples: [Sample], _ benchmark: Benchmark) -> BenchReport.Throughput {
        let seconds = Self.median(samples.map(\.seconds)), lengths = samples[0].lengths
        return BenchReport.Throughput(
            tokens: Double(samples[0].tokens) / seconds,
            rows: Double(lengths.count) / seconds,
            gflops: benchmark.operations(lengths: lengths) / seconds / 1e9
        )
    }

    /// Doubles a size from 12 tokens on until it is past the model's limit or the next one would take too long.
    ///
    /// - Parameter lengths: the inputs of a size, in tokens; `nil` where the size is too large.
    private func growth(
        _ texts: BenchTexts,
        budget: Duration,
        _ benchmark: Benchmark,
        lengths: (Int) -> [Int]?
    ) async throws -> [BenchReport.Growth] {
        var steps: [BenchReport.Growth] = []
        let start = clock.now
        var size = Self.queryTokens
        while let wanted = lengths(size) {
            if let last = steps.last {
                let predicted = benchmark.operations(lengths: wanted) / (last.gflops * 1e9)
                guard clock.now - start + .seconds(predicted) < budget else { break }
            }
            steps.append(try await grown(texts, lengths: wanted, benchmark))
            size *= 2
        }
        return steps
    }

    /// One request of inputs of these lengths in tokens.
    private func grown(
        _ texts: BenchTexts,
        lengths: [Int],
        _ benchmark: Benchmark
    ) async throws -> BenchReport.Growth {
        let sample = try await embed(lengths.enumerated().map { texts.text(tokens: $1, seed: $0) }, passageTask)
        return BenchReport.Growth(
            inputs: lengths.count,
            tokens: sample.tokens,
            seconds: sample.seconds,
            gflops: benchmark.operations(lengths: sample.lengths) / sample.seconds / 1e9
        )
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return 0 }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
