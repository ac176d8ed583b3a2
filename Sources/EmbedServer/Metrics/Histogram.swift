import Synchronization

/// How often values fell into which range, one distribution for each combination of label values.
final class Histogram: Sendable {
    private struct Distribution {
        /// How many values each bucket has, without those of lower buckets; the last has those above every bound.
        var counts: [Int]
        var sum = 0.0
    }

    private let name: String
    private let help: String
    private let labels: [String]
    private let bounds: [Double]
    private let distributions = Mutex<[[String]: Distribution]>([:])

    /// Seconds, from 0.1 ms to some minutes, in steps of 1, 2.5 and 5.
    static let seconds = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100,
        250,
    ]
    /// Counts, in powers of two.
    static let powersOfTwo = (0...15).map { Double(1 << $0) }

    /// - Parameters:
    ///   - labels: the names of the labels; their values must be few.
    ///   - bounds: the upper bounds of the buckets, rising.
    ///   - registry: writes its samples from now on.
    init(
        _ name: String,
        _ help: String,
        labels: [String] = [],
        bounds: [Double] = Histogram.seconds,
        in registry: MetricRegistry
    ) {
        self.name = name
        self.help = help
        self.labels = labels
        self.bounds = bounds
        registry.add(write)
    }

    /// Counts values in.
    ///
    /// - Parameter labels: a value for each label, in their order.
    func record(_ values: [Double], _ labels: String...) {
        distributions.withLock {
            var distribution = $0[labels] ?? Distribution(counts: Array(repeating: 0, count: bounds.count + 1))
            // Taken out and put back, lest the counts be copied.
            $0[labels] = nil
            for value in values {
                distribution.counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
                distribution.sum += value
            }
            $0[labels] = distribution
        }
    }

    /// Writes all samples, in a fixed order.
    private func write(to output: inout MetricText) {
        output.begin(name, .histogram, help)
        let all = distributions.withLock { $0 }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        for (key, distribution) in all {
            let labels: [MetricText.Label] = Array(zip(labels, key))
            var total = 0
            for (bound, count) in zip(bounds + [.infinity], distribution.counts) {
                total += count
                output.sample(name + "_bucket", labels + [("le", MetricText.number(bound))], Double(total))
            }
            output.sample(name + "_sum", labels, distribution.sum)
            output.sample(name + "_count", labels, Double(total))
        }
    }
}
