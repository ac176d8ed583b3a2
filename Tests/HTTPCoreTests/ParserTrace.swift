import HTTPTypes

@testable import HTTPCore

/// Everything a parser says about some octets.
struct ParserTrace: Equatable {
    var events: [RequestParser.Event] = []
    var error: HTTPError?
    var isBetweenRequests = true

    static let bodyLimit = 1_000_000

    /// Feeds the pieces one after the other.
    init(_ pieces: some Sequence<some Collection<UInt8>>) {
        var parser = RequestParser(limits: ParserLimits())
        do {
            for piece in pieces { try feed(Array(piece), to: &parser) }
        } catch {
            self.error = error
        }
        isBetweenRequests = parser.isBetweenRequests
    }

    /// Feeds all octets in one call.
    init(whole octets: [UInt8]) {
        self.init([octets])
    }

    /// Feeds one octet a call.
    init(octetByOctet octets: [UInt8]) {
        self.init(octets.map { CollectionOfOne($0) })
    }

    private mutating func feed(_ octets: [UInt8], to parser: inout RequestParser) throws(HTTPError) {
        var position = 0
        while let event = try parser.next(octets.span, &position) {
            events.append(event)
            if case .head = event { try parser.startBody(limit: Self.bodyLimit, keepsContent: true) }
        }
    }

    /// The heads read.
    var heads: [RequestHead] {
        events.compactMap { if case .head(let head) = $0 { head } else { nil } }
    }

    /// The bodies that are complete.
    var bodies: [[UInt8]] {
        events.compactMap { if case .end(let body, _) = $0 { body } else { nil } }
    }
}

/// What an echo server answers to a connection's octets, worked out without one.
struct EchoAnswers {
    var answers: [(status: Int, body: [UInt8])] = []
    var closes = false

    init(_ trace: ParserTrace, eof: Bool) {
        let router = Router([
            Route([.get, .head, .post, .put, .patch, .delete, .options], "*") { Response(status: .ok, body: $0.body) }
        ])
        var head: RequestHead?
        for event in trace.events where !closes {
            switch event {
            case .head(let read):
                head = read
            case .end(let body, _):
                guard let head else { return }
                closes = !head.keepsAlive
                switch router.match(head.method, path: head.target.path) {
                case .route where head.expectation == .unknown: answers.append((417, []))
                case .route: answers.append((200, body))
                case .options: answers.append((204, []))
                case .failure(let error, _): answers.append((error.status.code, []))
                }
            }
        }
        guard !closes else { return }
        if let error = trace.error {
            answers.append((error.status.code, []))
            closes = true
        } else if eof {
            if !trace.isBetweenRequests { answers.append((400, [])) }
            closes = true
        }
    }
}
