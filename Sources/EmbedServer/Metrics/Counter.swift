import Synchronization

/// A number that only grows, one for each combination of label values.
final class Counter: Sendable {
    private let name: String
    private let help: String
    private let labels: [String]
    private let values = Mutex<[[String]: Int]>([:])

    /// - Parameters:
    ///   - labels: the names of the labels; their values must be few.
    ///   - registry: writes its samples from now on.
    init(_ name: String, _ help: String, labels: [String] = [], in registry: MetricRegistry) {
        self.name = name
        self.help = help
        self.labels = labels
        registry.add(write)
    }

    /// Counts up.
    ///
    /// - Parameter labels: a value for each label, in their order.
    func add(_ amount: Int = 1, _ labels: String...) {
        values.withLock { $0[labels, default: 0] += amount }
    }

    /// Writes all samples, in a fixed order.
    private func write(to output: inout MetricText) {
        output.begin(name, .counter, help)
        for (key, value) in values.withLock({ $0 }).sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            output.sample(name, Array(zip(labels, key)), Double(value))
        }
    }
}
