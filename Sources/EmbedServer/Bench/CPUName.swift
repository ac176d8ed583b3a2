/// What this machine's processor is called.
enum CPUName {
    /// The model name of the first processor, as Linux has it; "unknown" where it has none, as on many ARM machines.
    static var current: String {
        (try? InputFile.contents(path: "/proc/cpuinfo")).flatMap { name(in: String(decoding: $0, as: UTF8.self)) }
            ?? "unknown"
    }

    /// The value of the first `model name` in the text of /proc/cpuinfo (proc_cpuinfo(5)).
    static func name(in text: String) -> String? {
        for line in text.split(separator: "\n") where line.hasPrefix("model name") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let words = parts[1].split(whereSeparator: \.isWhitespace)
            return words.joined(separator: " ")
        }
        return nil
    }
}
