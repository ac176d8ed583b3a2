import HTTPCore

/// Reads the file of requests once before any of them is tried: what can be wrong with a file is said at once.
actor BatchInput {
    /// What was found.
    struct Findings: Sendable, Equatable {
        /// Requests in the file.
        var total = 0
        /// What is wrong; nothing of the batch is run then.
        var faults: [BatchFault] = []
    }

    private let executor = BlockingExecutor(label: "batch input")
    private let path: String
    private let maximumLines: Int

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// The most faults that are told of one file.
    private static let maximumFaults = 20

    /// - Parameters:
    ///   - path: the content of the file.
    ///   - maximumLines: the most requests of a file.
    init(path: String, maximumLines: Int) {
        self.path = path
        self.maximumLines = maximumLines
    }

    /// Checks every line, except for the bodies.
    func check() throws -> Findings {
        var reader = try RecordReader(try InputFile(path: path), format: .jsonl, skipsBlankLines: true)
        var findings = Findings()
        var lines: [String: Int] = [:]
        while findings.faults.count < Self.maximumFaults {
            let record: Record?
            do {
                record = try reader.next()
            } catch let error as LineError {
                findings.faults.append(
                    BatchFault(code: "invalid_json_line", message: "This line is \(error.reason).", line: error.number)
                )
                return findings
            }
            guard let record else { break }
            findings.total += 1
            guard findings.total <= maximumLines else {
                let message = "The file has more than \(maximumLines) requests. Split it."
                findings.faults.append(BatchFault(code: "too_many_lines", message: message, line: record.line))
                return findings
            }
            do throws(BatchFault) {
                let id = try BatchLine(record.octets).customID
                if let other = lines.updateValue(record.line, forKey: id) {
                    throw BatchFault(
                        code: "duplicate_custom_id",
                        message: "custom_id '\(id.excerpt)' is that of line \(other) too.",
                        parameter: "custom_id"
                    )
                }
            } catch {
                findings.faults.append(error.at(line: record.line))
            }
        }
        if findings.total == 0, findings.faults.isEmpty {
            findings.faults.append(BatchFault(code: "empty_file", message: "The file has no requests."))
        }
        return findings
    }
}

extension BatchFault {
    fileprivate func at(line: Int) -> BatchFault {
        BatchFault(code: code, message: message, parameter: parameter, line: line)
    }
}
