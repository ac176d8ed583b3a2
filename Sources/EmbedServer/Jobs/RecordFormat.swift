/// How a file holds records.
enum RecordFormat: String, Sendable, CaseIterable {
    /// One JSON value a line.
    case jsonl
    /// Comma-separated values with a header line (RFC 4180): a quoted field may hold line ends.
    case csv
    /// One text a line.
    case text

    /// The format that a file's name stands for; `nil` for other names.
    init?(path: String) {
        let name = path.lowercased()
        if name.hasSuffix(".jsonl") || name.hasSuffix(".ndjson") {
            self = .jsonl
        } else if name.hasSuffix(".csv") {
            self = .csv
        } else if name.hasSuffix(".txt") {
            self = .text
        } else {
            return nil
        }
    }
}

/// One record of an input.
struct Record: Sendable, Equatable {
    /// Its place among the records, from 0.
    let index: Int
    /// The line it begins on, from 1.
    let line: Int
    /// Its octets without the line end.
    let octets: [UInt8]
    /// Where the reader stood behind it.
    let end: RecordReader.Position
}
