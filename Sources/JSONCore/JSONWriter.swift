/// Writes JSON (RFC 8259) straight into octets, commas and quotes included.
///
/// Floats are written as the shortest decimal that reads back as the same float32 (`Float.description`, which is
/// SwiftDtoa); a vector of 1,024 of them costs no allocation beyond the growing buffer.
public struct JSONWriter: Sendable {
    /// What has been written so far, less what was taken.
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// Makes an empty writer with room for `capacity` octets.
    public init(capacity: Int = 256) {
        bytes.reserveCapacity(capacity)
    }

    /// Writes an object whose members `body` writes with `key` and a value each.
    public mutating func object<Failure: Error>(_ body: (inout JSONWriter) throws(Failure) -> Void) throws(Failure) {
        beginObject()
        try body(&self)
        endObject()
    }

    /// Writes an array whose items `body` writes.
    public mutating func array<Failure: Error>(_ body: (inout JSONWriter) throws(Failure) -> Void) throws(Failure) {
        beginArray()
        try body(&self)
        endArray()
    }

    /// Begins an object that `endObject` ends.
    public mutating func beginObject() { open(UInt8(ascii: "{")) }

    /// Ends the object that was begun last.
    public mutating func endObject() { close(UInt8(ascii: "}")) }

    /// Begins an array that `endArray` ends.
    public mutating func beginArray() { open(UInt8(ascii: "[")) }

    /// Ends the array that was begun last.
    public mutating func endArray() { close(UInt8(ascii: "]")) }

    /// Hands out what has been written since the last time; what is written next goes on behind it.
    public mutating func takeBytes() -> [UInt8] {
        let taken = bytes
        bytes = []
        // The next piece will hardly be longer.
        bytes.reserveCapacity(taken.count)
        return taken
    }

    /// Writes a member's name; its value must follow.
    public mutating func key(_ name: String) {
        separate()
        quote(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes a string.
    public mutating func value(_ string: String) {
        separate()
        quote(string)
        needsComma = true
    }

    /// Writes a whole number.
    public mutating func value(_ integer: Int) {
        separate()
        bytes.append(contentsOf: String(integer).utf8)
        needsComma = true
    }

    /// Writes a finite float32, shortest round trip.
    ///
    /// JSON has no word for infinity or NaN: those trap.
    public mutating func value(_ float: Float) {
        precondition(float.isFinite, "JSON cannot carry \(float)")
        separate()
        var text = float.description
        text.withUTF8 { bytes.append(contentsOf: $0) }
        needsComma = true
    }

    /// Writes a finite float64, shortest round trip.
    ///
    /// JSON has no word for infinity or NaN: those trap.
    public mutating func value(_ double: Double) {
        precondition(double.isFinite, "JSON cannot carry \(double)")
        separate()
        bytes.append(contentsOf: double.description.utf8)
        needsComma = true
    }

    /// Writes `true` or `false`.
    public mutating func value(_ bool: Bool) {
        separate()
        bytes.append(contentsOf: (bool ? "true" : "false").utf8)
        needsComma = true
    }

    /// Writes `null`.
    public mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
        needsComma = true
    }

    /// Writes octets that are the inside of a string already, such as base64: nothing in them is escaped.
    public mutating func value(unescapedASCII octets: [UInt8]) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: octets)
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    /// Ends a line of JSON Lines: what follows is a document of its own.
    public mutating func endLine() {
        bytes.append(0x0A)
        needsComma = false
    }

    /// Writes a parsed document again.
    public mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let bool): self.value(bool)
        case .integer(let integer): self.value(integer)
        case .double(let double): self.value(double)
        case .string(let string): self.value(string)
        case .array(let items): array { for item in items { $0.value(item) } }
        case .object(let object):
            self.object {
                for member in object.members {
                    $0.key(member.name)
                    $0.value(member.value)
                }
            }
        }
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func quote(_ string: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""): bytes.append(contentsOf: #"\""#.utf8)
            case UInt8(ascii: "\\"): bytes.append(contentsOf: #"\\"#.utf8)
            case 0x0A: bytes.append(contentsOf: #"\n"#.utf8)
            case 0x0D: bytes.append(contentsOf: #"\r"#.utf8)
            case 0x09: bytes.append(contentsOf: #"\t"#.utf8)
            case ..<0x20:
                let hex = Array("0123456789abcdef".utf8)
                bytes.append(contentsOf: #"\u00"#.utf8)
                bytes.append(hex[Int(byte >> 4)])
                bytes.append(hex[Int(byte & 15)])
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
