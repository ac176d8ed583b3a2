/// What stands before the values of a `.npy` file, in version 1.0 of NumPy's format (`numpy.lib.format`).
///
/// It has 128 octets whatever the shape, so that it can be replaced when the number of rows is known.
struct NumPyHeader {
    /// Its octets.
    static let length = 128

    /// Rows of the array.
    let rows: Int
    /// Values of a row.
    let columns: Int
    /// What the values are.
    let numbers: OutputFormat.Numbers

    /// The octets: magic, version, length of the rest, a Python literal, spaces, a line end.
    var octets: [UInt8] {
        let type =
            switch numbers {
            case .float: "<f4"
            case .int8, .binary: "|i1"
            case .uint8, .ubinary: "|u1"
            }
        let start: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(Self.length - 10), 0]
        let literal = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(rows), \(columns)), }"
        let padding = Self.length - start.count - literal.utf8.count - 1
        return start + Array(literal.utf8) + Array(repeating: UInt8(ascii: " "), count: padding) + [0x0A]
    }
}
