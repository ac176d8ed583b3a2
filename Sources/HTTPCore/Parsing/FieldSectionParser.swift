internal import HTTPTypes

/// Reads field lines up to the empty line that ends them: the fields of a head, or the trailers of a chunked body.
///
///     field-line  = field-name ":" OWS field-value OWS            RFC 9112 section 5
///     field-name  = token
///     field-value = *( VCHAR / obs-text / SP / HTAB )
///
/// Only CRLF ends a line. A bare CR or LF, a fold, and whitespace before the colon are refused: each of them has been
/// used to hide a field from one of two servers that read the same octets.
struct FieldSectionParser {
    /// What the next octet belongs to.
    private enum State {
        /// The first octet of a line, or the CR of the empty line.
        case lineStart
        /// The name, behind its first octet.
        case name
        /// Whitespace between the colon and the value.
        case whitespace
        /// The value, with the whitespace behind it.
        case value
        /// The LF that ends a field line.
        case lineEnd
        /// The LF of the empty line.
        case sectionEnd
    }

    private let limits: ParserLimits
    private var state = State.lineStart
    private var length = 0
    private var name: [UInt8] = []
    private var value: [UInt8] = []

    /// The fields read so far, in order.
    private(set) var fields = HTTPFields()

    /// Makes a parser that stands before the first field line.
    init(limits: ParserLimits) {
        self.limits = limits
    }

    /// Reads on from `position`; true once the empty line has been read.
    mutating func next(_ input: Span<UInt8>, _ position: inout Int) throws(HTTPError) -> Bool {
        while position < input.count {
            let octet = input[position]
            position += 1
            length += 1
            guard length <= limits.fieldSectionBytes else { throw .fieldsTooLarge }
            switch state {
            case .lineStart:
                if octet == .carriageReturn {
                    state = .sectionEnd
                } else {
                    guard fields.count < limits.fieldCount else { throw .fieldsTooLarge }
                    guard octet.isTokenOctet else { throw .badRequest(reason: Self.reason(lineStartsWith: octet)) }
                    name.append(octet)
                    state = .name
                }
            case .name:
                if octet.isTokenOctet {
                    name.append(octet)
                } else {
                    guard octet == .colon else { throw .badRequest(reason: Self.reason(nameEndsWith: octet)) }
                    state = .whitespace
                }
            case .whitespace, .value:
                if octet == .carriageReturn {
                    state = .lineEnd
                } else {
                    guard octet.isFieldValueOctet else {
                        throw .badRequest(reason: "a control octet in a field value")
                    }
                    if state == .whitespace && octet.isBlank { continue }
                    value.append(octet)
                    state = .value
                }
            case .lineEnd:
                guard octet == .lineFeed else { throw .badRequest(reason: "a CR without LF in a field line") }
                try endLine()
                state = .lineStart
            case .sectionEnd:
                guard octet == .lineFeed else { throw .badRequest(reason: "a CR without LF at the end of the fields") }
                return true
            }
        }
        return false
    }

    private mutating func endLine() throws(HTTPError) {
        while let last = value.last, last.isBlank { value.removeLast() }
        guard let fieldName = HTTPField.Name(String(decoding: name, as: UTF8.self)) else {
            throw .badRequest(reason: "a field name that is not a token")
        }
        fields.append(HTTPField(name: fieldName, value: value))
        name.removeAll(keepingCapacity: true)
        value.removeAll(keepingCapacity: true)
    }

    private static func reason(lineStartsWith octet: UInt8) -> String {
        switch octet {
        case .space, .horizontalTab: "a folded field line"
        case .lineFeed: "a line that ends with LF alone"
        case .colon: "a field without a name"
        default: "a field name that is not a token"
        }
    }

    private static func reason(nameEndsWith octet: UInt8) -> String {
        switch octet {
        case .space, .horizontalTab: "whitespace in or behind a field name"
        case .carriageReturn, .lineFeed: "a field line without a colon"
        default: "a field name that is not a token"
        }
    }
}
