internal import HTTPTypes

/// Cuts a stream of octets into HTTP/1.1 requests (RFC 9112).
///
/// The parser does no I/O and keeps no reference to the octets it is given. Feed it what has arrived and take events
/// until it returns nil, which means that it has read everything and wants more. The octets may be split anywhere:
/// each is judged as it comes, so every split gives the same events and the same error.
///
/// After `.head` the caller decides about the body with `startBody(limit:keepsContent:)`. After an error there is no
/// telling where the next request begins: answer, and close the connection.
struct RequestParser {
    /// What has been read.
    enum Event: Equatable {
        /// A head; the body follows.
        case head(RequestHead)
        /// The end of the body, and of the request.
        case end(body: [UInt8], trailers: HTTPFields)
    }

    /// What the next octet belongs to.
    private enum State {
        /// Before a request; empty lines are skipped here (RFC 9112 section 2.2).
        case start
        /// The LF of such an empty line.
        case emptyLineEnd
        case method
        case target
        /// The octet at this place of `HTTP/1.1`.
        case version(Int)
        /// The CR, then the LF, behind the version.
        case lineCR
        case lineLF
        case fields
        /// The head has been given out; the caller has yet to decide about the body.
        case bodyUndecided
        case noBody
        /// So many octets of Content-Length are still to come.
        case length(Int)
        case chunked
    }

    private let limits: ParserLimits
    private var state = State.start
    private var lineLength = 0
    private var method: [UInt8] = []
    private var target: [UInt8] = []
    private var version: (major: UInt8, minor: UInt8) = (0, 0)
    private var fieldSection: FieldSectionParser
    private var framing = FieldRules.Framing.none
    private var decoder: ChunkedDecoder
    private var body: [UInt8] = []
    private var keepsContent = true

    /// Whether nothing of the next request has been read, empty lines aside.
    var isBetweenRequests: Bool {
        switch state {
        case .start, .emptyLineEnd: true
        default: false
        }
    }

    /// Octets of memory that the present body takes so far.
    var heldBytes: Int {
        if case .length(let remaining) = state { min(body.capacity, bodyLength + remaining) } else { body.capacity }
    }

    /// Octets of decoded content of the present body so far.
    private(set) var bodyLength = 0

    /// Makes a parser that stands before the first request of a connection.
    init(limits: ParserLimits) {
        self.limits = limits
        fieldSection = FieldSectionParser(limits: limits)
        decoder = ChunkedDecoder(limits: limits, bodyLimit: 0, keepsContent: false)
    }

    /// Says what to do with the body of the head just given out.
    ///
    /// - Parameters:
    ///   - limit: Octets of content; a longer body is an error here if its length is known, else as soon as it shows.
    ///   - keepsContent: Whether the body is given out at the end, or thrown away as it comes.
    mutating func startBody(limit: Int, keepsContent: Bool) throws(HTTPError) {
        guard case .bodyUndecided = state else { preconditionFailure("startBody is called once, after a head") }
        self.keepsContent = keepsContent
        bodyLength = 0
        switch framing {
        case .none:
            state = .noBody
        case .length(let length):
            guard length <= limit else { throw .contentTooLarge(limit: limit) }
            // An announced length is only a claim: room is made for it as octets arrive.
            state = length == 0 ? .noBody : .length(length)
        case .chunked:
            decoder = ChunkedDecoder(limits: limits, bodyLimit: limit, keepsContent: keepsContent)
            state = .chunked
        }
    }

    /// Reads on from `position` and returns the next event, or nil once all of `input` has been read.
    mutating func next(_ input: Span<UInt8>, _ position: inout Int) throws(HTTPError) -> Event? {
        while true {
            switch state {
            case .noBody:
                return finish(trailers: [:])
            case .bodyUndecided:
                preconditionFailure("startBody is called before more is read")
            case .length(let remaining):
                let count = min(remaining, input.count - position)
                if keepsContent {
                    body.makeRoom(for: count, within: bodyLength + remaining)
                    body.append(octetsOf: input, position..<(position + count))
                }
                position += count
                bodyLength += count
                guard count == remaining else {
                    state = .length(remaining - count)
                    return nil
                }
                return finish(trailers: [:])
            case .chunked:
                let isComplete = try decoder.next(input, &position, into: &body)
                bodyLength = decoder.length
                return isComplete ? finish(trailers: TrailerRules.permitted(decoder.trailers)) : nil
            case .fields:
                guard try fieldSection.next(input, &position) else { return nil }
                return .head(try finishHead())
            default:
                guard position < input.count else { return nil }
                let octet = input[position]
                position += 1
                lineLength += 1
                guard lineLength <= limits.requestLineBytes else { throw .uriTooLong(limit: limits.requestLineBytes) }
                try takeLineOctet(octet)
            }
        }
    }

    /// request-line = method SP request-target SP HTTP-version (RFC 9112 section 3), one octet at a time.
    private mutating func takeLineOctet(_ octet: UInt8) throws(HTTPError) {
        switch state {
        case .start:
            if octet == .carriageReturn {
                state = .emptyLineEnd
            } else {
                guard octet.isTokenOctet else {
                    throw .badRequest(reason: "a request that does not begin with a method")
                }
                method.append(octet)
                state = .method
            }
        case .emptyLineEnd:
            guard octet == .lineFeed else { throw .badRequest(reason: "a CR without LF before the request") }
            state = .start
        case .method:
            if octet == .space {
                state = .target
            } else {
                guard octet.isTokenOctet else { throw .badRequest(reason: "a method that is not a token") }
                // RFC 9112 section 3: a method longer than any that is implemented SHOULD be answered with 501.
                guard method.count < limits.methodBytes else { throw .notImplemented(what: "so long a method") }
                method.append(octet)
            }
        case .target:
            if octet == .space {
                guard !target.isEmpty else { throw .badRequest(reason: "an empty request target") }
                state = .version(0)
            } else {
                guard octet > 0x20 && octet < 0x7F else {
                    throw .badRequest(reason: "an octet in the target that must be percent-encoded")
                }
                target.append(octet)
            }
        case .version(let place):
            try takeVersionOctet(octet, place)
        case .lineCR:
            guard octet == .carriageReturn else { throw .badRequest(reason: "octets behind the HTTP version") }
            state = .lineLF
        default:
            guard octet == .lineFeed else { throw .badRequest(reason: "a CR without LF in the request line") }
            // A higher minor version is read as 1.1 (RFC 9110 section 2.5); another major one cannot be.
            guard version.major == 1 else { throw .versionNotSupported }
            state = .fields
        }
    }

    /// HTTP-version = "HTTP/" DIGIT "." DIGIT, in capitals (RFC 9112 section 2.3).
    private mutating func takeVersionOctet(_ octet: UInt8, _ place: Int) throws(HTTPError) {
        switch place {
        case 5 where octet.isDigit: version.major = octet - 0x30
        case 7 where octet.isDigit: version.minor = octet - 0x30
        case 5, 7: throw .badRequest(reason: "a malformed HTTP version")
        default:
            let pattern: StaticString = "HTTP/1.1"
            guard octet == pattern.utf8Start[place] else { throw .badRequest(reason: "a malformed HTTP version") }
        }
        state = place == 7 ? .lineCR : .version(place + 1)
    }

    private mutating func finishHead() throws(HTTPError) -> RequestHead {
        guard let method = HTTPRequest.Method(String(decoding: method, as: UTF8.self)) else {
            throw .badRequest(reason: "a method that is not a token")
        }
        let head = try RequestHead(
            method: method,
            target: target,
            minorVersion: Int(version.minor),
            fields: fieldSection.fields
        )
        framing = head.framing
        state = .bodyUndecided
        return head
    }

    /// Gives out the body and makes ready for the next request.
    private mutating func finish(trailers: HTTPFields) -> Event {
        let content = body
        body = []
        method.removeAll(keepingCapacity: true)
        target.removeAll(keepingCapacity: true)
        fieldSection = FieldSectionParser(limits: limits)
        lineLength = 0
        state = .start
        return .end(body: content, trailers: trailers)
    }
}
