internal import DequeModule
internal import HTTPTypes

/// What one connection does: events and the time go in, actions come out.
///
/// There is no socket in here, no clock, no TLS and no log. Whoever owns it (`Connection`, or a test) tells it what has
/// happened, then takes actions from `next()` until there is none, and then holds itself to four properties that follow
/// from the state: `inputRoom`, `wantsInput`, `output` and `wait`. So no interest and no deadline can be forgotten.
///
/// Requests are read one at a time. What a client sends meanwhile is kept in `input`, whose room bounds every read; an
/// answer goes through `output`, whose room bounds every piece that is asked for.
///
/// This file reads requests; `ConnectionState+Answers.swift` sends answers, `ConnectionState+Time.swift` waits and ends.
struct ConnectionState {
    /// What the connection does now.
    enum Phase: Equatable {
        /// Reads a head or a body, or waits for one.
        case reading
        /// Waits to be told what becomes of a request whose head is complete: `admit`.
        case judging
        /// Has a request, and waits for a slot: it is on one of those kept for probes.
        case parked
        /// Waits for the handler.
        case handling
        /// Sends an answer, or waits for it to be encoded.
        case answering
        /// Has sent its last answer, and drops what the client still sends, so that no reset destroys that answer.
        case lingering
        /// Is gone.
        case closed
    }

    /// What has to be done outside.
    enum Action {
        /// A head is complete: decide, and call `admit`.
        case judge(RequestHead)
        /// The body is complete: have the handler asked, and call `answered`.
        case handle(body: [UInt8], trailers: HTTPFields)
        /// The request has been answered otherwise: the handler's answer is not wanted any more.
        case cancelHandler
        /// The client is gone: the handler's answer is recorded, and not sent.
        case abandonHandler
        /// Encode this answer, and call `send`.
        case respond(Reply)
        /// Make up to `limit` octets of content, and call `made`.
        case makePiece(AnswerBody, limit: Int)
        /// An answer has ended.
        case record(ResponseRecord)
        /// Say that nothing more is sent; reading goes on.
        case shutDownWriting
        /// Close, by a reset if the peer must not take what it has for complete.
        case close(withReset: Bool)
    }

    /// An answer that is not encoded yet.
    enum Reply {
        case response(Response)
        /// An error of the request in `exchange`, or of one whose head was not understood.
        case error(HTTPError)
    }

    let limits: ConnectionLimits
    var parser: RequestParser
    var input: InputBuffer
    var output: OutputBuffer
    var phase = Phase.reading
    /// The request whose head has been read and whose answer has not been sent.
    var exchange: Exchange?
    var answering: Answering?
    /// When the first octet of the request arrived that is being read.
    var receivedAt: ContinuousClock.Instant?
    /// Whether the client has said that it sends no more.
    var inputEnded = false
    /// Whether the transport still holds octets that it was given.
    var transportHolds = false
    /// Whether only probes are served here.
    var isReserved: Bool
    /// Whether the server stops.
    var isDraining = false
    /// Whether the end of the present request cannot be known, so that its answer is the last.
    var mustClose = false
    /// Whether an answer has been sent before.
    var hasAnswered = false
    /// Requests whose head was complete or that were refused before.
    private(set) var requestCount = 0

    /// Changes whenever the present wait begins anew.
    var waitNumber = 0
    /// Windows of the write timeout in a row in which the peer has acknowledged nothing.
    var stalledWindows = 0
    /// Octets of this connection that the peer has acknowledged, when last looked at.
    var acknowledged = 0
    /// Octets dropped after the last request.
    var droppedBytes = 0
    /// When lingering ends whatever comes.
    var lingerEnd: ContinuousClock.Instant?

    private var actions: Deque<Action> = []

    /// Makes the state of a connection that has just been accepted.
    init(limits: ConnectionLimits, isReserved: Bool) {
        self.limits = limits
        self.isReserved = isReserved
        parser = RequestParser(limits: limits.parser)
        input = InputBuffer(capacity: limits.inputBytes)
        output = OutputBuffer(capacity: limits.outputBytes)
    }

    // MARK: - Actions

    /// Takes the next action; nil if there is none.
    mutating func next() -> Action? { actions.popFirst() }

    /// Asks for an action.
    mutating func ask(for action: Action) {
        actions.append(action)
    }

    // MARK: - Reading

    /// Octets that the next read may bring, at most.
    var inputRoom: Int { dropsInput ? input.capacity : input.room }

    /// Whether octets are of use now, or can be kept for later.
    var wantsInput: Bool { !inputEnded && phase != .closed && inputRoom > 0 }

    /// Whether nothing of a request has been read and none is in flight.
    var isIdle: Bool { phase == .reading && exchange == nil && parser.isBetweenRequests && input.isEmpty }

    /// Whether whatever comes is dropped, because no further request is read.
    var dropsInput: Bool { phase == .lingering || phase == .answering && mustClose }

    /// Octets have arrived, at most `inputRoom`.
    mutating func received(_ octets: Span<UInt8>, now: ContinuousClock.Instant) {
        if phase == .closed { return }
        if dropsInput { return drop(octets.count, now: now) }
        guard phase == .reading, input.isEmpty else {
            input.append(octets)
            return advance(now: now)
        }
        var position = 0
        parse(octets, &position, now: now)
        if position < octets.count, !dropsInput, phase != .closed { input.append(octets.extracting(position...)) }
    }

    /// Goes on with what was read while an answer was in the making.
    mutating func advance(now: ContinuousClock.Instant) {
        guard phase == .reading else { return }
        // The buffer is taken out while it is parsed, so that nothing can change it meanwhile.
        var buffer = input
        input = InputBuffer(capacity: limits.inputBytes)
        buffer.consume { octets, position in parse(octets, &position, now: now) }
        if !dropsInput, phase != .closed { input = buffer }
        if phase == .reading, inputEnded, input.isEmpty { endOfInput(now: now) }
    }

    /// The client sends no more.
    mutating func inputHasEnded(isHungUp: Bool, now: ContinuousClock.Instant) {
        inputEnded = true
        switch phase {
        case .closed: break
        case .lingering: end(now: now)
        case .reading: endOfInput(now: now)
        case .judging, .parked, .handling, .answering: if isHungUp { end(now: now) }
        }
    }

    /// The client ends in the middle of a request, or between two.
    private mutating func endOfInput(now: ContinuousClock.Instant) {
        if exchange == nil, parser.isBetweenRequests { return end(now: now) }
        refuse(.badRequest(reason: "the connection ended before the request"))
    }

    /// Feeds the parser for as long as it is its turn.
    private mutating func parse(_ octets: Span<UInt8>, _ position: inout Int, now: ContinuousClock.Instant) {
        do throws(HTTPError) {
            while phase == .reading {
                if receivedAt == nil, position < octets.count { beginRequest(now: now) }
                switch try parser.next(octets, &position) {
                case .head(let head):
                    requestCount += 1
                    exchange = Exchange(head: head, receivedAt: receivedAt ?? now)
                    phase = .judging
                    ask(for: .judge(head))
                case .end(let body, let trailers):
                    try complete(body: body, trailers: trailers)
                case nil:
                    if parser.isBetweenRequests { receivedAt = nil }
                    return try bodyContinues()
                }
            }
        } catch {
            refuse(error)
        }
    }

    private mutating func beginRequest(now: ContinuousClock.Instant) {
        receivedAt = now
        // The time of a head counts from its first octet; on a new connection from the accept.
        if hasAnswered { restartWait() }
    }

    private mutating func drop(_ octets: Int, now: ContinuousClock.Instant) {
        droppedBytes += octets
        if droppedBytes > limits.lingerBytes { return end(now: now) }
        // As long as the client sends, its system may not have shown it the answer yet.
        if phase == .lingering, let lingerEnd, now < lingerEnd { restartWait() }
    }

    // MARK: - Requests

    /// Says what becomes of the request whose head was complete.
    mutating func admit(_ verdict: Verdict, now: ContinuousClock.Instant) {
        guard phase == .judging else { return }
        exchange?.verdict = verdict
        exchange?.share = verdict.share
        if isReserved, verdict.route?.isProbe != true {
            phase = .parked
            restartWait()
            return
        }
        beginBody(now: now)
    }

    /// A slot has become free: a request that waited for it is read on.
    mutating func promote(now: ContinuousClock.Instant) {
        isReserved = false
        if phase == .parked { beginBody(now: now) }
    }

    private mutating func beginBody(now: ContinuousClock.Instant) {
        phase = .reading
        guard let exchange, let verdict = exchange.verdict else { return }
        do throws(HTTPError) {
            let isWanted = !exchange.isAnswerKnown
            try parser.startBody(limit: verdict.bodyLimit, keepsContent: isWanted)
            if exchange.head.hasContent {
                restartWait()
                // RFC 9110 section 10.1.1: a 100 may be left out once the body has begun to come.
                let isHeldBack = exchange.head.expectation != .none && input.isEmpty
                if isWanted {
                    if isHeldBack { sendInterim() }
                } else if isHeldBack || isTooLongToDrain(exchange.head) {
                    // A client that waits for a 100 may never send its body after a final answer.
                    return conclude(closes: true)
                }
            }
        } catch {
            return refuse(error)
        }
        advance(now: now)
    }

    private func isTooLongToDrain(_ head: RequestHead) -> Bool {
        if case .length(let length) = head.framing { length > limits.drainedBytes } else { false }
    }

    /// More of a body has been read, and more is to come.
    private mutating func bodyContinues() throws(HTTPError) {
        guard let exchange else { return }
        exchange.bodyBytes = parser.bodyLength
        try hold(parser.heldBytes)
        if exchange.isAnswerKnown, parser.bodyLength > limits.drainedBytes { conclude(closes: true) }
    }

    /// The body is complete: starts the handler, or sends the answer that is known already.
    private mutating func complete(body: [UInt8], trailers: HTTPFields) throws(HTTPError) {
        try hold(body.count)
        guard let exchange else { return }
        exchange.bodyBytes = parser.bodyLength
        if exchange.isAnswerKnown { return conclude(closes: false) }
        phase = .handling
        ask(for: .handle(body: body, trailers: trailers))
    }

    /// Counts the body that is kept in memory against the server's budget.
    private func hold(_ octets: Int) throws(HTTPError) {
        guard octets > 0, let share = exchange?.share else { return }
        guard share.grow(to: octets) else { throw .overloaded(.bodies) }
    }
}
