import Glibc

/// The parts of a `multipart/form-data` body (RFC 7578), as places in the body: nothing is copied.
struct MultipartForm: Equatable {
    /// One field of the form.
    struct Part: Equatable {
        /// The field's name.
        let name: String
        /// The name of the file, if the field is one.
        let filename: String?
        /// Where the content is in the body.
        let content: Range<Int>
    }

    /// Why a body is no form.
    struct Fault: Error, Equatable, CustomStringConvertible {
        let description: String
    }

    /// In the order of the body.
    let parts: [Part]

    private static let maximumParts = 64
    private static let maximumFieldBytes = 16_384

    /// Reads a body.
    ///
    /// - Parameter contentType: the field of the request, which has the boundary.
    init(_ body: [UInt8], contentType: String?) throws(Fault) {
        let type = contentType.map(HeaderValue.init)
        guard let type, type.value.lowercased() == "multipart/form-data" else {
            throw Fault(description: "the Content-Type should be multipart/form-data")
        }
        guard let boundary = type.parameters["boundary"], (1...70).contains(boundary.utf8.count) else {
            throw Fault(description: "the Content-Type should have a boundary of 1 to 70 characters")
        }
        parts = try body.withUnsafeBufferPointer { bytes throws(Fault) in
            var scanner = Scanner(bytes: bytes, delimiter: Array("--\(boundary)".utf8))
            return try scanner.parts()
        }
    }

    /// The part with a name, the last one if it repeats.
    subscript(name: String) -> Part? { parts.last { $0.name == name } }

    /// Finds delimiters: a line that begins with `--` and the boundary (RFC 2046 section 5.1.1).
    private struct Scanner {
        let bytes: UnsafeBufferPointer<UInt8>
        let delimiter: [UInt8]
        var position = 0

        mutating func parts() throws(Fault) -> [Part] {
            guard nextDelimiter() != nil else { throw Fault(description: "the boundary is not in the body") }
            var parts: [Part] = []
            while try !isAtEnd() {
                guard parts.count < MultipartForm.maximumParts else {
                    throw Fault(description: "more than \(MultipartForm.maximumParts) parts")
                }
                let (name, filename) = try fields()
                let start = position
                guard let end = nextDelimiter() else { throw Fault(description: "the last boundary is missing") }
                // Where the content is empty, some take the empty line for the line end of the delimiter.
                parts.append(Part(name: name, filename: filename, content: start..<max(start, end)))
            }
            return parts
        }

        /// Steps behind the next delimiter; returns where the line end in front of it begins.
        private mutating func nextDelimiter() -> Int? {
            var candidate = position
            while let start = find(delimiter, from: candidate) {
                let isAtLineStart = start == 0 || start >= 2 && bytes[start - 2] == 0x0D && bytes[start - 1] == 0x0A
                if isAtLineStart {
                    position = start + delimiter.count
                    return max(0, start - 2)
                }
                candidate = start + 1
            }
            return nil
        }

        /// What follows a delimiter: `--` after the last one, else white space and a line end.
        private mutating func isAtEnd() throws(Fault) -> Bool {
            if bytes[position...].starts(with: [0x2D, 0x2D]) { return true }
            while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x09 { position += 1 }
            guard bytes[position...].starts(with: [0x0D, 0x0A]) else {
                throw Fault(description: "a boundary is not followed by a line end")
            }
            position += 2
            return false
        }

        /// The header fields of a part, of which only Content-Disposition matters (RFC 7578 section 4.2).
        private mutating func fields() throws(Fault) -> (name: String, filename: String?) {
            var disposition: HeaderValue?
            let limit = position + MultipartForm.maximumFieldBytes
            while true {
                guard let end = find([0x0D, 0x0A], from: position), end <= limit else {
                    throw Fault(description: "the header of a part does not end")
                }
                let line = String(decoding: bytes[position..<end], as: UTF8.self)
                position = end + 2
                if line.isEmpty { break }
                let field = line.split(separator: ":", maxSplits: 1)
                if field.count == 2, field[0].lowercased() == "content-disposition" {
                    disposition = HeaderValue(String(field[1]))
                }
            }
            guard let disposition, disposition.value.lowercased() == "form-data",
                let name = disposition.parameters["name"]
            else { throw Fault(description: "a part without Content-Disposition: form-data and a name") }
            return (name, disposition.parameters["filename"])
        }

        private func find(_ pattern: [UInt8], from start: Int) -> Int? {
            guard let base = bytes.baseAddress else { return nil }
            var position = start
            while position + pattern.count <= bytes.count {
                let room = bytes.count - pattern.count + 1 - position
                guard let found = memchr(base + position, CInt(pattern[0]), room) else { return nil }
                position = UnsafeRawPointer(found) - UnsafeRawPointer(base)
                if memcmp(base + position, pattern, pattern.count) == 0 { return position }
                position += 1
            }
            return nil
        }
    }
}

/// A field value with parameters: `form-data; name="file"; filename="a.jsonl"` (RFC 9110 section 5.6.6).
struct HeaderValue: Equatable {
    /// What is in front of the first semicolon.
    let value: String
    /// The parameters by their names in lower case; the first one of a name counts.
    private(set) var parameters: [String: String] = [:]

    /// Reads what there is; what is no parameter is skipped.
    init(_ text: String) {
        var rest = Substring(text)
        value = rest.prefix { $0 != ";" }.trimmed
        rest = rest.dropFirst(text.prefix { $0 != ";" }.count)
        while rest.first == ";" {
            rest = rest.dropFirst()
            let name = rest.prefix { $0 != "=" && $0 != ";" }
            rest = rest.dropFirst(name.count)
            guard rest.first == "=" else { continue }
            rest = rest.dropFirst().drop { $0 == " " || $0 == "\t" }
            let value = rest.first == "\"" ? Self.quoted(&rest) : rest.prefix { $0 != ";" }.trimmed
            rest = rest.drop { $0 != ";" }
            let key = name.trimmed.lowercased()
            if parameters[key] == nil { parameters[key] = value }
        }
    }

    private static func quoted(_ rest: inout Substring) -> String {
        var value = ""
        rest = rest.dropFirst()
        while let character = rest.popFirst(), character != "\"" {
            // Only quotes are escaped: old browsers send the backslashes of a path as they are.
            if character == "\\", rest.first == "\"", let next = rest.popFirst() {
                value.append(next)
            } else {
                value.append(character)
            }
        }
        return value
    }
}

extension Substring {
    fileprivate var trimmed: String {
        let start = drop { $0 == " " || $0 == "\t" }
        return String(start.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}
