import Glibc

/// Cuts an input into records, and says where the next one begins.
struct RecordReader: ~Copyable {
    /// Where a reader stands: enough to go on from there another time.
    struct Position: Sendable, Codable, Equatable {
        /// Octets before the next record.
        var offset = 0
        /// Records before it.
        var records = 0
        /// Lines before it.
        var lines = 0
    }

    /// The most octets of a record: one that is longer is most likely no record at all.
    static let maximumRecordBytes = 64 << 20

    /// Where the next record begins.
    private(set) var position: Position
    private var file: InputFile
    private let format: RecordFormat
    private let skipsBlankLines: Bool

    /// Goes on from `position`, which is 0 on a stream that cannot be wound.
    ///
    /// - Parameter skipsBlankLines: whether lines of white space are no records.
    init(
        _ file: consuming InputFile,
        format: RecordFormat,
        from position: Position = Position(),
        skipsBlankLines: Bool = false
    ) throws(IOError) {
        self.file = file
        self.format = format
        self.position = position
        self.skipsBlankLines = skipsBlankLines
        if position.offset > 0 { try self.file.seek(to: position.offset) }
    }

    /// Whether the next record is here already: reading it will not wait.
    var hasRecord: Bool { file.hasLine }

    /// The next record; `nil` after the last.
    mutating func next() throws -> Record? {
        while let line = try nextLine() {
            let number = position.lines
            if skipsBlankLines, line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
            let octets = format == .csv ? try wholeCSVRecord(from: line, number: number) : line
            position.records += 1
            return Record(index: position.records - 1, line: number, octets: octets, end: position)
        }
        return nil
    }

    /// A record goes on over the lines that end within quotes.
    private mutating func wholeCSVRecord(from line: [UInt8], number: Int) throws -> [UInt8] {
        var record = line
        var quoting = CSVQuoting()
        for octet in line { _ = quoting.read(octet) }
        while quoting.isOpen {
            guard record.count <= Self.maximumRecordBytes, let more = try nextLine() else {
                throw LineError(number: number, reason: "a quoted field is not closed")
            }
            record.append(UInt8(ascii: "\n"))
            record += more
            for octet in more { _ = quoting.read(octet) }
        }
        return record
    }

    private mutating func nextLine() throws -> [UInt8]? {
        do throws(IOError) {
            guard let line = try file.nextLine(limit: Self.maximumRecordBytes) else { return nil }
            position.offset = file.offset
            position.lines += 1
            return line
        } catch {
            guard error.code == EMSGSIZE else { throw error }
            let limit = Self.maximumRecordBytes >> 20
            throw LineError(number: position.lines + 1, reason: "longer than \(limit) MiB")
        }
    }
}
