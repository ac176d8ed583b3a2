/// Cuts a record of comma-separated values into its fields (RFC 4180).
enum CSVRow {
    /// The octets of each field, quotes resolved.
    ///
    /// - Parameter octets: one record of a `RecordReader`, with or without the CR of its line end.
    static func fields(_ octets: [UInt8]) -> [[UInt8]] {
        var quoting = CSVQuoting()
        var fields: [[UInt8]] = []
        var field: [UInt8] = []
        for octet in octets.last == UInt8(ascii: "\r") ? octets.dropLast() : octets[...] {
            switch quoting.read(octet) {
            case .content: field.append(octet)
            case .quote: break
            case .separator:
                fields.append(field)
                field.removeAll()
            }
        }
        fields.append(field)
        return fields
    }
}
