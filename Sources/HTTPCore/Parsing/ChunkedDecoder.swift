internal import HTTPTypes

/// Takes the chunked transfer coding off a body as its octets arrive (RFC 9112 section 7.1).
///
///     chunked-body = *chunk last-chunk trailer-section CRLF
///     chunk        = chunk-size [ chunk-ext ] CRLF chunk-data CRLF
///     chunk-ext    = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )
///
/// Once the framing is in doubt the end of the body is lost, so nothing outside this grammar is let through.
struct ChunkedDecoder {
    /// What the next octet belongs to.
    private enum State {
        /// The first digit of a chunk-size.
        case sizeStart
        /// Further digits, or what ends them.
        case size
        /// Whitespace that a `;` must end, behind the size or a value.
        case beforeSemicolon
        /// Whitespace before the name of an extension.
        case extensionStart
        /// The name of an extension.
        case extensionName
        /// Whitespace that a `=` or `;` must end, behind a name.
        case behindName
        /// Whitespace before the value of an extension.
        case valueStart
        /// A value that is a token.
        case tokenValue
        /// A value in double quotes.
        case quotedValue
        /// The octet behind a backslash.
        case quotedPair
        /// Just behind the closing quote.
        case behindQuote
        /// The LF of a chunk-size line.
        case lineEnd
        /// Content.
        case data
        /// The CR behind the content.
        case dataCR
        /// The LF behind the content.
        case dataLF
        /// The trailer section.
        case trailers
    }

    private let limits: ParserLimits
    private let bodyLimit: Int
    private let keepsContent: Bool
    private var state = State.sizeStart
    private var size = 0
    private var lineLength = 0
    private var extensionLength = 0
    private var decodedLength = 0
    private var trailerSection: FieldSectionParser

    /// The trailer fields, complete once the body is.
    var trailers: HTTPFields { trailerSection.fields }

    /// Octets of content so far.
    var length: Int { decodedLength }

    /// Makes a decoder for one body of at most `bodyLimit` octets of content, thrown away unless `keepsContent`.
    init(limits: ParserLimits, bodyLimit: Int, keepsContent: Bool) {
        self.limits = limits
        self.bodyLimit = bodyLimit
        self.keepsContent = keepsContent
        trailerSection = FieldSectionParser(limits: limits)
    }

    /// Reads on from `position`, appends content to `body`; true once the body has ended.
    mutating func next(
        _ input: Span<UInt8>,
        _ position: inout Int,
        into body: inout [UInt8]
    ) throws(HTTPError) -> Bool {
        while position < input.count {
            switch state {
            case .data:
                let count = min(size, input.count - position)
                if keepsContent { body.append(octetsOf: input, position..<(position + count)) }
                position += count
                size -= count
                decodedLength += count
                if size == 0 { state = .dataCR }
            case .trailers:
                return try trailerSection.next(input, &position)
            default:
                let octet = input[position]
                position += 1
                try take(octet)
            }
        }
        return false
    }

    /// Takes one octet of framing.
    private mutating func take(_ octet: UInt8) throws(HTTPError) {
        switch state {
        case .dataCR:
            guard octet == .carriageReturn else { throw .badRequest(reason: "chunk data longer than the chunk size") }
            state = .dataLF
            return
        case .dataLF:
            guard octet == .lineFeed else { throw .badRequest(reason: "a CR without LF behind chunk data") }
            state = .sizeStart
            return
        default:
            lineLength += 1
            guard lineLength <= limits.chunkLineBytes else { throw .badRequest(reason: "a chunk size line too long") }
        }
        switch state {
        case .sizeStart:
            guard let digit = octet.hexadecimalValue else { throw .badRequest(reason: "a chunk without a size") }
            size = Int(digit)
            state = .size
        case .size:
            if let digit = octet.hexadecimalValue {
                // A size beyond any limit stays there, so that no count of digits can wrap it round.
                size = size > Int.max >> 5 ? Int.max : size << 4 | Int(digit)
            } else {
                try checkSize()
                try endPart(octet)
            }
        case .lineEnd:
            guard octet == .lineFeed else { throw .badRequest(reason: "a CR without LF in a chunk size line") }
            lineLength = 0
            state = size == 0 ? .trailers : .data
        default:
            try takeExtension(octet)
        }
    }

    /// Takes one octet of a chunk extension.
    private mutating func takeExtension(_ octet: UInt8) throws(HTTPError) {
        extensionLength += 1
        guard extensionLength <= limits.chunkExtensionBytes else {
            throw .badRequest(reason: "too many chunk extensions")
        }
        switch state {
        case .extensionStart where octet.isTokenOctet:
            state = .extensionName
        case .extensionName where octet.isTokenOctet, .tokenValue where octet.isTokenOctet:
            break
        case .extensionStart where octet.isBlank, .valueStart where octet.isBlank,
            .beforeSemicolon where octet.isBlank, .behindName where octet.isBlank:
            break
        case .extensionName where octet == .equalsSign, .behindName where octet == .equalsSign:
            state = .valueStart
        case .extensionName where octet.isBlank:
            state = .behindName
        case .beforeSemicolon where octet == .semicolon, .behindName where octet == .semicolon:
            state = .extensionStart
        case .valueStart where octet == .doubleQuote:
            state = .quotedValue
        case .valueStart where octet.isTokenOctet:
            state = .tokenValue
        case .quotedValue where octet == .doubleQuote:
            state = .behindQuote
        case .quotedValue where octet == .backslash:
            state = .quotedPair
        case .quotedValue where octet.isFieldValueOctet:
            break
        case .quotedPair where octet.isFieldValueOctet:
            state = .quotedValue
        case .extensionName, .tokenValue, .behindQuote:
            try endPart(octet)
        default:
            throw .badRequest(reason: "a malformed chunk extension")
        }
    }

    /// Takes the octet behind a size, a name or a value: CR ends the line, `;` begins an extension.
    private mutating func endPart(_ octet: UInt8) throws(HTTPError) {
        switch octet {
        case .carriageReturn: state = .lineEnd
        case .semicolon: state = .extensionStart
        case .space, .horizontalTab: state = .beforeSemicolon
        default: throw .badRequest(reason: "a malformed chunk size line")
        }
    }

    private func checkSize() throws(HTTPError) {
        guard size <= bodyLimit - decodedLength else { throw .contentTooLarge(limit: bodyLimit) }
    }
}

extension [UInt8] {
    /// Appends a part of a span.
    mutating func append(octetsOf input: Span<UInt8>, _ range: Range<Int>) {
        input.extracting(range).withUnsafeBufferPointer { append(contentsOf: $0) }
    }
}
