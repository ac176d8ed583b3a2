/// Embeds files into files, one after the other.
struct BulkRun: Sendable {
    /// The jobs, in order.
    let jobs: [BulkJob]
    /// Whether to begin anew.
    let restarts: Bool
    /// Hears how it goes.
    let progress: BulkProgress

    /// Runs until all is done.
    @concurrent
    func run() async throws {
        defer { progress.finish() }
        for job in jobs {
            let counts = try await job.run(restarts: restarts, progress: progress)
            progress.say("\(job.item.output): \(Self.summary(counts))")
        }
    }

    private static func summary(_ counts: JobCounts) -> String {
        var text = "\(counts.completed) vectors, \(counts.tokens) tokens"
        if counts.truncated > 0 { text += ", \(counts.truncated) cut to the model's limit" }
        if counts.failed > 0 { text += ", \(counts.failed) skipped" }
        return text
    }
}
