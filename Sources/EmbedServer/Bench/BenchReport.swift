/// What `embed-server bench` found: medians over rounds.
struct BenchReport: Sendable {
    /// One size of a workload whose cost is to grow with its arithmetic only.
    struct Growth: Sendable {
        /// Inputs of the request.
        let inputs: Int
        /// Tokens of all of them.
        let tokens: Int
        /// How long it took.
        let seconds: Double
        /// Its floating-point operations a second, in GFLOP/s.
        let gflops: Double
    }

    /// Where and with what it was measured.
    var facts: Facts
    /// Rounds that were measured.
    var rounds = 0
    /// Fused multiply-adds between registers, all threads, GFLOP/s.
    var fmaPeak = 0.0
    /// Memory read by all threads, GB/s.
    var read = 0.0
    /// GFLOP/s of the widest linear layers by rows.
    var linear: [(rows: Int, gflops: Double)] = []
    /// Latency of one query of 12 tokens, in milliseconds.
    var query = Latency()
    /// The query's operations, in GFLOP.
    var queryOperations = 0.0
    /// Passages of 300 tokens.
    var passage = Throughput()
    /// Texts of 8 to 512 tokens.
    var mixed = Throughput()
    /// Single inputs of growing length.
    var lengths: [Growth] = []
    /// Requests of growing numbers of queries.
    var counts: [Growth] = []

    /// A machine and a model on it.
    struct Facts: Sendable {
        let cpu: String
        let threads: Int
        let kernels: String
        let model: String
        let parameters: Int
        let weights: String
        let tasks: [String]
    }

    /// Percentiles of a sample, in milliseconds.
    struct Latency: Sendable {
        var p50 = 0.0
        var p90 = 0.0
        var p99 = 0.0

        init() {}

        /// Sorts the sample and picks from it (nearest rank).
        init(milliseconds: [Double]) {
            let sorted = milliseconds.sorted()
            func percentile(_ part: Double) -> Double {
                sorted[min(sorted.count - 1, Int((part * Double(sorted.count)).rounded(.up)) - 1)]
            }
            guard !sorted.isEmpty else { return }
            (p50, p90, p99) = (percentile(0.5), percentile(0.9), percentile(0.99))
        }
    }

    /// How much went through in a second.
    struct Throughput: Sendable {
        var tokens = 0.0
        var rows = 0.0
        /// Floating-point operations, GFLOP/s.
        var gflops = 0.0
    }

    /// The query's time as a multiple of what its operations take at the peak.
    var queryOverLimit: Double { query.p50 / 1e3 * fmaPeak / queryOperations }
}
