/// Reads a JSON document (RFC 8259) piece by piece, for parts too large to be kept as values.
///
/// The caller asks for what it expects next; anything else is an error. Objects and arrays are walked with
/// `enterObject` and `nextName`, `enterArray` and `nextItem`:
///
/// ```swift
/// try reader.enterArray()
/// while try reader.nextItem() { sum += try reader.integer() }
/// ```
public struct JSONReader {
    private var parser: JSONParser
    /// Whether the next thing in the current object or array is its first.
    private var isFirst = false

    /// Starts to read.
    ///
    /// - Parameters:
    ///   - bytes: the document, which must outlive the reader.
    ///   - offset: where in it to start; 0, or the lower bound of what `skip` returned.
    public init(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int = 0, maximumDepth: Int = 128) {
        parser = JSONParser(bytes: bytes, maximumDepth: maximumDepth)
        parser.position = offset
        if offset == 0, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { parser.position = 3 }
        parser.skipSpace()
    }

    /// Steps into an object.
    public mutating func enterObject() throws(JSONError) {
        guard parser.peek() == UInt8(ascii: "{") else { throw parser.fault("expected an object") }
        try parser.enter()
        isFirst = true
    }

    /// Steps into an array.
    public mutating func enterArray() throws(JSONError) {
        guard parser.peek() == UInt8(ascii: "[") else { throw parser.fault("expected an array") }
        try parser.enter()
        isFirst = true
    }

    /// Steps to the next member of the current object and passes its name to `body`; if there is none, returns `nil` and
    /// is out of the object.
    public mutating func nextName<Result>(
        _ body: (UnsafeBufferPointer<UInt8>) -> Result
    ) throws(JSONError) -> Result? {
        guard try next(closing: UInt8(ascii: "}")) else { return nil }
        let name = try withString(body)
        guard parser.take(UInt8(ascii: ":")) else { throw parser.fault("expected ':' after a member name") }
        parser.skipSpace()
        return name
    }

    /// Steps to the next item of the current array; if there is none, returns false and is out of the array.
    public mutating func nextItem() throws(JSONError) -> Bool {
        try next(closing: UInt8(ascii: "]"))
    }

    /// Whether a string comes next.
    public var isAtString: Bool { parser.peek() == UInt8(ascii: "\"") }

    /// Whether an object comes next.
    public var isAtObject: Bool { parser.peek() == UInt8(ascii: "{") }

    /// Reads a string and passes its octets to `body`, escapes resolved.
    ///
    /// They are not checked to be UTF-8.
    public mutating func withString<Result>(
        _ body: (UnsafeBufferPointer<UInt8>) -> Result
    ) throws(JSONError) -> Result {
        guard isAtString else { throw parser.fault("expected a string") }
        let bytes = parser.bytes
        let start = parser.position + 1
        var end = start
        while end < bytes.count, bytes[end] != UInt8(ascii: "\""), bytes[end] != UInt8(ascii: "\\") {
            if bytes[end] < 0x20 { throw parser.fault("a control character inside a string must be escaped") }
            end += 1
        }
        guard end < bytes.count else { throw parser.fault("a string is not closed") }
        let result: Result
        if bytes[end] == UInt8(ascii: "\"") {
            parser.position = end + 1
            result = body(UnsafeBufferPointer(rebasing: bytes[start..<end]))
        } else {
            parser.position = end
            result = try unescaped(from: start).withUnsafeBufferPointer(body)
        }
        parser.skipSpace()
        return result
    }

    /// Reads a whole number.
    public mutating func integer() throws(JSONError) -> Int {
        let start = parser.position
        guard let integer = try value().integer else {
            parser.position = start
            throw parser.fault("expected a whole number")
        }
        return integer
    }

    /// Reads a value of any kind.
    public mutating func value() throws(JSONError) -> JSONValue {
        let value = try parser.value()
        parser.skipSpace()
        return value
    }

    /// Steps over a value of any kind, which is checked no further than to find its end.
    ///
    /// - Returns: where it is.
    public mutating func skip() throws(JSONError) -> Range<Int> {
        let start = parser.position
        let bytes = parser.bytes
        switch parser.peek() {
        case UInt8(ascii: "{"), UInt8(ascii: "["): break
        case UInt8(ascii: "\""):
            parser.position += 1
            guard skipString() else { throw parser.fault("a string is not closed") }
            let end = parser.position
            parser.skipSpace()
            return start..<end
        default:
            _ = try value()
            return start..<parser.position
        }
        var depth = 0
        while parser.position < bytes.count {
            let byte = bytes[parser.position]
            parser.position += 1
            switch byte {
            case UInt8(ascii: "\""):
                _ = skipString()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth > 0 { continue }
                let end = parser.position
                parser.skipSpace()
                return start..<end
            default:
                continue
            }
        }
        throw parser.fault("unexpected end of the document")
    }

    /// Checks that nothing follows.
    public func end() throws(JSONError) {
        if parser.position < parser.bytes.count { throw parser.fault("unexpected text after the document") }
    }

    private mutating func next(closing bracket: UInt8) throws(JSONError) -> Bool {
        if parser.take(bracket) {
            parser.depth -= 1
            isFirst = false
            parser.skipSpace()
            return false
        }
        if !isFirst {
            guard parser.take(UInt8(ascii: ",")) else { throw parser.fault("expected ',' or the end of the list") }
            parser.skipSpace()
        }
        isFirst = false
        return true
    }

    /// The string from `start` on, the parser being at its first backslash.
    private mutating func unescaped(from start: Int) throws(JSONError) -> [UInt8] {
        var octets = [UInt8](parser.bytes[start..<parser.position])
        while let byte = parser.peek() {
            parser.position += 1
            switch byte {
            case UInt8(ascii: "\""): return octets
            case UInt8(ascii: "\\"): try parser.escape(into: &octets)
            case ..<0x20: throw parser.fault("a control character inside a string must be escaped")
            default: octets.append(byte)
            }
        }
        throw parser.fault("a string is not closed")
    }

    /// Steps behind the closing quote, the parser being behind the opening one; false if there is none.
    private mutating func skipString() -> Bool {
        let bytes = parser.bytes
        var index = parser.position
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        parser.position = min(index + 1, bytes.count)
        return index < bytes.count
    }
}
