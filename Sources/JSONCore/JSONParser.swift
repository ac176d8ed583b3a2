/// Reads JSON (RFC 8259) as lenient clients write it and strict servers need it.
///
/// What Foundation's decoders do not do, and embedding clients rely on: an escaped lone surrogate (`"\ud800"`)
/// becomes U+FFFD and not an error, `\u0000` is text like any other, a leading byte order mark is skipped, the
/// last of two equal names counts, and every error names its place.
public struct JSONParser {
    let bytes: UnsafeBufferPointer<UInt8>
    private let maximumDepth: Int
    private let maximumValues: Int
    var position = 0
    var depth = 0
    private var valueCount = 0

    init(bytes: UnsafeBufferPointer<UInt8>, maximumDepth: Int, maximumValues: Int = .max) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
        self.maximumValues = maximumValues
    }

    /// Parses one whole document.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8, a byte order mark allowed in front, nothing but white space behind.
    ///   - maximumDepth: how deep arrays and objects may nest; protects the stack.
    ///   - maximumValues: how many values the document may hold, containers included; protects the heap, since a value
    ///     of one octet takes `MemoryLayout<JSONValue>.stride` of them in memory.
    public static func parse(
        _ bytes: [UInt8],
        maximumDepth: Int = 128,
        maximumValues: Int = .max
    ) throws(JSONError) -> JSONValue {
        // `withUnsafeBufferPointer` does not carry typed errors of a generic kind through every overload: a Result does.
        let result = bytes.withUnsafeBufferPointer {
            parseResult($0, maximumDepth: maximumDepth, maximumValues: maximumValues)
        }
        return try result.get()
    }

    /// Parses one whole document that somebody else keeps in memory, for example a mapped file.
    public static func parse(
        _ bytes: UnsafeBufferPointer<UInt8>,
        maximumDepth: Int = 128
    ) throws(JSONError) -> JSONValue {
        try parseResult(bytes, maximumDepth: maximumDepth, maximumValues: .max).get()
    }

    private static func parseResult(
        _ bytes: UnsafeBufferPointer<UInt8>,
        maximumDepth: Int,
        maximumValues: Int
    ) -> Result<JSONValue, JSONError> {
        var parser = JSONParser(bytes: bytes, maximumDepth: maximumDepth, maximumValues: maximumValues)
        do throws(JSONError) {
            return .success(try parser.document())
        } catch {
            return .failure(error)
        }
    }

    private mutating func document() throws(JSONError) -> JSONValue {
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { position = 3 }
        skipSpace()
        let value = try self.value()
        skipSpace()
        if position < bytes.count { throw fault("unexpected text after the document") }
        return value
    }

    mutating func value() throws(JSONError) -> JSONValue {
        guard position < bytes.count else { throw fault("the document ends where a value should be") }
        valueCount += 1
        if valueCount > maximumValues {
            throw JSONError(kind: .tooManyValues, reason: "more than \(maximumValues) values", offset: position)
        }
        switch bytes[position] {
        case UInt8(ascii: "{"): return .object(try object())
        case UInt8(ascii: "["): return .array(try array())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw fault("unexpected character where a value should be")
        }
    }

    private mutating func object() throws(JSONError) -> JSONObject {
        try enter()
        var object = JSONObject()
        if take(UInt8(ascii: "}")) {
            depth -= 1
            return object
        }
        while true {
            skipSpace()
            guard peek() == UInt8(ascii: "\"") else { throw fault("expected a member name in double quotes") }
            let name = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw fault("expected ':' after a member name") }
            skipSpace()
            object.append(name, try value())
            skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            guard take(UInt8(ascii: "}")) else { throw fault("expected ',' or '}' in an object") }
            depth -= 1
            return object
        }
    }

    private mutating func array() throws(JSONError) -> [JSONValue] {
        try enter()
        var items: [JSONValue] = []
        if take(UInt8(ascii: "]")) {
            depth -= 1
            return items
        }
        while true {
            skipSpace()
            items.append(try value())
            skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            guard take(UInt8(ascii: "]")) else { throw fault("expected ',' or ']' in an array") }
            depth -= 1
            return items
        }
    }

    /// Steps over the opening bracket and the white space behind it.
    mutating func enter() throws(JSONError) {
        depth += 1
        if depth > maximumDepth {
            throw JSONError(kind: .tooDeep, reason: "nested deeper than \(maximumDepth) levels", offset: position)
        }
        position += 1
        skipSpace()
    }

    private mutating func literal(_ text: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let count = text.utf8CodeUnitCount
        guard position + count <= bytes.count else { throw fault("unexpected end of the document") }
        for i in 0..<count where bytes[position + i] != text.utf8Start[i] {
            throw fault("unexpected word where a value should be")
        }
        position += count
        return value
    }

    // number = [ minus ] int [ frac ] [ exp ]                                         RFC 8259 section 6
    private mutating func number() throws(JSONError) -> JSONValue {
        let start = position
        let negative = take(UInt8(ascii: "-"))
        let firstDigit = position
        var magnitude = 0
        var overflow = false
        while let digit = digit() {
            let (product, overflow1) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, overflow2) = product.addingReportingOverflow(digit)
            overflow = overflow || overflow1 || overflow2
            magnitude = sum
            position += 1
        }
        guard position > firstDigit else { throw fault("a number needs a digit") }
        if bytes[firstDigit] == UInt8(ascii: "0"), position > firstDigit + 1 {
            throw fault("a number must not start with a zero")
        }
        var isWhole = true
        if take(UInt8(ascii: ".")) {
            isWhole = false
            guard digit() != nil else { throw fault("a number needs a digit after its point") }
            while digit() != nil { position += 1 }
        }
        if let next = peek(), next | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            position += 1
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            guard digit() != nil else { throw fault("a number needs a digit in its exponent") }
            while digit() != nil { position += 1 }
        }
        if isWhole && !overflow { return .integer(negative ? -magnitude : magnitude) }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard let value = Double(text) else { throw fault("a number that cannot be read") }
        return .double(value)
    }

    private func digit() -> Int? {
        guard position < bytes.count else { return nil }
        let digit = bytes[position] &- UInt8(ascii: "0")
        return digit < 10 ? Int(digit) : nil
    }

    private mutating func string() throws(JSONError) -> String {
        position += 1
        let start = position
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                let text = try text(UnsafeBufferPointer(rebasing: bytes[start..<position]), at: start)
                position += 1
                return text
            }
            if byte == UInt8(ascii: "\\") { return try stringWithEscapes(from: start) }
            if byte < 0x20 { throw fault("a control character inside a string must be escaped") }
            position += 1
        }
        throw fault("a string is not closed")
    }

    /// The general case of `string()`: continues at the first backslash.
    private mutating func stringWithEscapes(from start: Int) throws(JSONError) -> String {
        var octets = [UInt8](bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                let result = octets.withUnsafeBufferPointer { String(validating: $0, as: UTF8.self) }
                guard let result else { throw invalidUTF8(at: start) }
                return result
            case UInt8(ascii: "\\"):
                try escape(into: &octets)
            case ..<0x20:
                position -= 1
                throw fault("a control character inside a string must be escaped")
            default:
                octets.append(byte)
            }
        }
        throw fault("a string is not closed")
    }

    mutating func escape(into octets: inout [UInt8]) throws(JSONError) {
        guard let letter = peek() else { throw fault("a string is not closed") }
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): octets.append(letter)
        case UInt8(ascii: "b"): octets.append(0x08)
        case UInt8(ascii: "f"): octets.append(0x0C)
        case UInt8(ascii: "n"): octets.append(0x0A)
        case UInt8(ascii: "r"): octets.append(0x0D)
        case UInt8(ascii: "t"): octets.append(0x09)
        case UInt8(ascii: "u"): octets.append(contentsOf: String(try escapedScalar()).utf8)
        default:
            position -= 1
            throw fault("an unknown escape in a string")
        }
    }

    /// Reads what follows `\u`: one scalar, two escapes if they form a surrogate pair, U+FFFD for half a pair.
    private mutating func escapedScalar() throws(JSONError) -> Unicode.Scalar {
        let unit = try fourHexDigits()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        let isHigh = unit < 0xDC00
        guard isHigh, position + 1 < bytes.count,
            bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u")
        else { return "\u{FFFD}" }
        let second = position
        position += 2
        let low = try fourHexDigits()
        guard (0xDC00...0xDFFF).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
        else {
            position = second
            return "\u{FFFD}"
        }
        return scalar
    }

    private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
        guard position + 4 <= bytes.count else { throw fault("an escape needs four hexadecimal digits") }
        var unit: UInt32 = 0
        for _ in 0..<4 {
            let byte = bytes[position]
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw fault("an escape needs four hexadecimal digits")
            }
            unit = unit << 4 | UInt32(digit)
            position += 1
        }
        return unit
    }

    private func text(_ octets: UnsafeBufferPointer<UInt8>, at offset: Int) throws(JSONError) -> String {
        guard let text = String(validating: octets, as: UTF8.self) else { throw invalidUTF8(at: offset) }
        return text
    }

    func peek() -> UInt8? {
        position < bytes.count ? bytes[position] : nil
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    mutating func skipSpace() {
        while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    func fault(_ reason: String) -> JSONError {
        JSONError(kind: .syntax, reason: reason, offset: position)
    }

    private func invalidUTF8(at offset: Int) -> JSONError {
        JSONError(kind: .invalidUTF8, reason: "a string is not valid UTF-8", offset: offset)
    }
}
