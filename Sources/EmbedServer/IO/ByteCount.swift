/// A number of octets, for people: `424 MB`.
struct ByteCount: CustomStringConvertible {
    private let octets: Int

    init(_ octets: Int) { self.octets = octets }

    var description: String {
        if octets < 1000 { return "\(octets) B" }
        var value = Double(octets) / 1000
        var units = ["kB", "MB", "GB", "TB", "PB"][...]
        while value >= 999.5, units.count > 1 {
            value /= 1000
            units.removeFirst()
        }
        let tenths = Int((value * 10).rounded())
        return value < 9.95
            ? "\(tenths / 10).\(tenths % 10) \(units.first ?? "")" : "\((tenths + 5) / 10) \(units.first ?? "")"
    }
}
