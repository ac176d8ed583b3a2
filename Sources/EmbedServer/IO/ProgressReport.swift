import Glibc

/// Tells people how far a long piece of work is: a bar on a terminal, a line now and then elsewhere.
final class ProgressReport {
    private let total: Int
    private let isTerminal = StandardError.isTerminal
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var initial: Int?
    private var last: ContinuousClock.Instant?
    private var isLineOpen = false

    /// - Parameter total: octets when everything is there.
    init(total: Int) {
        self.total = total
        start = clock.now
    }

    /// Shows that so many octets are there.
    ///
    /// - Parameter rate: how fast it goes, in the words of the work; `nil`: octets per second.
    func update(received: Int, rate words: String? = nil) {
        let first = initial ?? received
        initial = first
        let now = clock.now
        // An input may grow while it is read.
        let isDone = received >= total
        if let last, now - last < (isTerminal ? .milliseconds(200) : .seconds(10)), !isDone { return }
        last = now
        let seconds = (now - start).milliseconds / 1000
        let rate = seconds > 0.2 ? Double(received - first) / seconds : 0
        let percent = isDone ? 100 : Int(Double(received) / Double(total) * 100)
        var text = "\(percent) % of \(ByteCount(total))"
        if rate > 0 {
            text += ", \(words ?? "\(ByteCount(Int(rate)))/s")"
            if !isDone { text += ", \(Self.clockTime(Double(total - received) / rate)) to go" }
        }
        if isTerminal {
            let filled = percent * 30 / 100
            let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 30 - filled)
            StandardError.write("\r[\(bar)] \(text)\u{1B}[K")
            isLineOpen = true
        } else {
            StandardError.write("\(text)\n")
        }
    }

    /// Writes a line above the bar.
    func say(_ text: String) {
        if isLineOpen { StandardError.write("\r\u{1B}[K") }
        StandardError.write(text + "\n")
        isLineOpen = false
    }

    /// Leaves the bar as it is.
    func finish() {
        if isLineOpen { StandardError.write("\n") }
        isLineOpen = false
    }

    private static func clockTime(_ seconds: Double) -> String {
        let whole = Int(min(seconds, 359_999).rounded())
        func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return whole >= 3600
            ? "\(whole / 3600):\(padded(whole / 60 % 60)):\(padded(whole % 60))"
            : "\(whole / 60):\(padded(whole % 60))"
    }
}
