/// Cuts a record of comma-separated values into its fields (RFC 4180).
enum CSVRow {
    /// The octets of each field, quotes resolved.
    ///
    /// - Parameter octets: one record of a `RecordReader`, with or without the CR of its line end.
    static func fields(_ octets: [UInt8]) -> [[UInt8]] {
        let quote = UInt8(ascii: "\"")
        var fields: [[UInt8]] = []
        var field: [UInt8] = []
        var isQuoted = false
        var index = 0
        let end = octets.last == UInt8(ascii: "\r") ? octets.count - 1 : octets.count
        while index < end {
            let octet = octets[index]
            index += 1
            switch octet {
            case quote where isQuoted && index < end && octets[index] == quote:
                field.append(quote)
                index += 1
            case quote where isQuoted: isQuoted = false
            case quote where field.isEmpty: isQuoted = true
            case UInt8(ascii: ",") where !isQuoted:
                fields.append(field)
                field.removeAll()
            default: field.append(octet)
            }
        }
        fields.append(field)
        return fields
    }
}
