import JSONCore

/// Finds the text of a record, and what the record is called.
struct RecordText: Sendable {
    /// A record as far as it matters here.
    struct Parsed: Sendable, Equatable {
        /// What to embed, or why there is nothing.
        let text: Result<String, LineError>
        /// What the record is called; `nil` if it has no name.
        let id: JSONValue?
    }

    /// Where text and id are.
    struct Fields: Sendable, Equatable {
        /// The member or column with the text.
        var text = "text"
        /// The member or column with the id; `nil`: `id`, where there is one.
        var id: String?

        fileprivate var idName: String { id ?? "id" }
    }

    /// Records of the file before the first one with a text.
    var headerRecords: Int { format == .csv ? 1 : 0 }

    private let format: RecordFormat
    private let fields: Fields
    private var textColumn = 0
    private var idColumn: Int?

    /// For records that need no header.
    init(_ format: RecordFormat, _ fields: Fields) {
        self.format = format
        self.fields = fields
    }

    /// For comma-separated values with this header.
    init(header: Record, _ fields: Fields) throws(LineError) {
        self.init(.csv, fields)
        let names = CSVRow.fields(Self.withoutMark(header)).map { String(decoding: $0, as: UTF8.self) }
        func missing(_ name: String) -> LineError {
            let columns = names.joined(separator: ", ")
            return LineError(number: header.line, reason: "there is no column \"\(name)\"; the columns are \(columns)")
        }
        guard let column = names.firstIndex(of: fields.text) else { throw missing(fields.text) }
        textColumn = column
        idColumn = names.firstIndex(of: fields.idName)
        if let id = fields.id, idColumn == nil { throw missing(id) }
    }

    /// Text and id of a record.
    func parse(_ record: Record) -> Parsed {
        do throws(LineError) {
            switch format {
            case .jsonl: return try parse(json: record)
            case .csv: return try parse(row: record)
            case .text:
                let octets = Self.withoutReturn(Self.withoutMark(record))
                return Parsed(text: .success(try Self.string(octets, line: record.line)), id: nil)
            }
        } catch {
            return Parsed(text: .failure(error), id: nil)
        }
    }

    private func parse(json record: Record) throws(LineError) -> Parsed {
        let value = try InputLine.value(record.octets, number: record.line)
        let id = value[fields.idName].flatMap { $0.isNull ? nil : $0 }
        if let name = fields.id, id == nil {
            throw LineError(number: record.line, reason: "expected an id in \"\(name)\"")
        }
        switch id {
        case nil, .string, .integer: break
        default:
            throw LineError(
                number: record.line,
                reason: "expected a string or a whole number in \"\(fields.idName)\""
            )
        }
        if let text = value.string ?? value[fields.text]?.string { return Parsed(text: .success(text), id: id) }
        let reason = "expected a JSON string or {\"\(fields.text)\": \"…\"}"
        return Parsed(text: .failure(LineError(number: record.line, reason: reason)), id: id)
    }

    private func parse(row record: Record) throws(LineError) -> Parsed {
        let row = CSVRow.fields(record.octets)
        let needed = max(textColumn, idColumn ?? 0) + 1
        guard row.count >= needed else {
            throw LineError(number: record.line, reason: "expected at least \(needed) columns, found \(row.count)")
        }
        let id = try idColumn.map { column throws(LineError) in try Self.string(row[column], line: record.line) }
        let text = Result { () throws(LineError) in try Self.string(row[textColumn], line: record.line) }
        return Parsed(text: text, id: id.map(JSONValue.string))
    }

    private static func string(_ octets: [UInt8], line: Int) throws(LineError) -> String {
        guard let text = String(validating: octets, as: UTF8.self) else {
            throw LineError(number: line, reason: "not UTF-8")
        }
        return text
    }

    private static func withoutReturn(_ octets: [UInt8]) -> [UInt8] {
        octets.last == UInt8(ascii: "\r") ? octets.dropLast() : octets
    }

    /// A file may begin with a byte order mark, which is no part of its text.
    private static func withoutMark(_ record: Record) -> [UInt8] {
        record.index == 0 && record.octets.starts(with: [0xEF, 0xBB, 0xBF])
            ? Array(record.octets.dropFirst(3)) : record.octets
    }
}
