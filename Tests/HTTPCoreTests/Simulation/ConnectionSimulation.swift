import HTTPTypes

@testable import HTTPCore

/// A client, handlers, a socket and a clock around one connection, all of them driven by random choices.
struct ConnectionSimulation<Connection: ConnectionUnderTest, Generator: RandomNumberGenerator> {
    var connection: Connection
    /// The promises that were broken, with what happened.
    private(set) var broken: [ConnectionPromise: String] = [:]
    /// Requests that were judged.
    private(set) var judged = 0

    private var generator: Generator
    private var now = ContinuousClock.now
    private let budget: MemoryBudget
    private let answers = MemoryBudget(limit: 1 << 30)
    /// What the client will send.
    private var script: [UInt8]
    private var scripted = 0
    /// How much went out, and what should have.
    private var wire = 0
    private var expected: [UInt8] = []
    private var acknowledged = 0

    /// The handler that runs, and the one whose answer nobody waits for.
    private var runningHandler: Int?
    private var startedHandlers = 0
    private var admitted = 0
    private var responses = 0
    private var records = 0
    private var abandoned = 0
    private var begun = 0
    private var isRefused = false
    private var piece: (body: AnswerBody, limit: Int)?
    private var isClosed = false
    private var isDraining = false
    private var framing = Answering.Framing.none

    init(_ connection: Connection, budget: MemoryBudget, script: [UInt8], generator: Generator) {
        self.connection = connection
        self.budget = budget
        self.script = script
        self.generator = generator
    }

    /// Runs some steps with a client that does anything, then lets it fall silent until the connection ends.
    mutating func run(steps: Int) {
        act()
        for _ in 0..<steps where !isClosed && broken.isEmpty { step() }
        // The client neither sends nor takes anything more; handlers and pieces end, and time passes.
        for _ in 0..<200 where !isClosed && broken.isEmpty {
            finishWork()
            expire()
        }
        guard broken.isEmpty else { return }
        guard isClosed else { return fail(.comesToAnEnd, "still \(connection.state.phase)") }
        if records != begun { fail(.recordsOnce, "\(begun) answers, \(records) records") }
        if runningHandler != nil { fail(.leavesNoHandler, "after the close") }
        afterClose()
    }

    // MARK: - Steps

    private mutating func step() {
        now += .milliseconds(Int.random(in: 0...50, using: &generator))
        switch Int.random(in: 0..<20, using: &generator) {
        case 0..<7: deliver()
        case 7..<12: take()
        case 12..<16: finishWork()
        case 16:
            if chance(10) { connection.state.inputHasEnded(isHungUp: chance(2), now: now) }
        case 17:
            if chance(4) { expire() }
        case 18:
            let isHungUp = chance(20)
            expectInterim { $0.look(isHungUp: isHungUp, now: $1) }
        default:
            switch Int.random(in: 0..<60, using: &generator) {
            case 0:
                isDraining = true
                connection.state.drain(now: now)
            case 1: connection.state.evict(now: now)
            case 2: connection.state.abort()
            case 3: connection.state.end(now: now)
            case 4...20: expectInterim { $0.promote(now: $1) }
            default: break
            }
        }
        act()
    }

    /// The client's next octets arrive, as many as may be read.
    private mutating func deliver() {
        guard connection.wantsInput else { return }
        let most = min(connection.state.inputRoom, script.count - scripted)
        guard most > 0 else { return }
        let count = chance(3) ? most : Int.random(in: 1...most, using: &generator)
        let octets = Array(script[scripted..<(scripted + count)])
        scripted += count
        connection.state.received(octets.span, now: now)
    }

    /// The transport takes some of the output.
    private mutating func take() {
        let unsent = connection.state.output.unsent
        guard !unsent.isEmpty else { return }
        if isClosed { return fail(.isSilentAfterClose, "output") }
        let count = chance(2) ? unsent.count : Int.random(in: 1...unsent.count, using: &generator)
        if wire + count > expected.count || !unsent.prefix(count).elementsEqual(expected[wire..<(wire + count)]) {
            return fail(.sendsWhatWasSaid, "after \(wire) octets")
        }
        wire += count
        acknowledged += count / 2
        connection.sent(count, now: now)
    }

    /// A handler answers, or a piece is made.
    private mutating func finishWork() {
        if let piece {
            self.piece = nil
            if chance(200) {
                connection.state.makingFailed(now: now)
            } else {
                let octets = try? piece.body.next(limit: piece.limit)
                if let octets, octets.count > piece.limit { fail(.keepsItsBounds, "a piece of \(octets.count)") }
                if connection.state.phase == .answering { expect(piece: octets) }
                connection.state.made(octets, now: now)
            }
        } else if runningHandler != nil {
            runningHandler = nil
            _ = connection.state.answered(response())
        }
        act()
    }

    private mutating func expire() {
        guard let wait = connection.wait else { return }
        now += .seconds(60)
        connection.timedOut(wait, acknowledged: acknowledged, now: now)
        act()
    }

    // MARK: - Actions

    private mutating func act() {
        while let action = connection.next() {
            if isClosed { return fail(.isSilentAfterClose, "\(action)") }
            perform(action)
            check()
            guard broken.isEmpty else { return }
        }
        check()
        wait()
    }

    private mutating func perform(_ action: ConnectionState.Action) {
        switch action {
        case .judge(let head): judge(head)
        case .handle:
            startedHandlers += 1
            if runningHandler != nil || startedHandlers > admitted || isRefused {
                fail(.startsHandlersOnce, "\(startedHandlers) of \(admitted)")
            }
            runningHandler = startedHandlers
        case .cancelHandler, .abandonHandler:
            if runningHandler == nil { fail(.leavesNoHandler, "there was none") }
            runningHandler = nil
            if case .abandonHandler = action { abandoned += 1 }
        case .respond(let reply): respond(reply)
        case .makePiece(let body, let limit):
            if piece != nil { fail(.keepsItsBounds, "two pieces at once") }
            piece = (body, limit)
        case .record: records += 1
        case .shutDownWriting: break
        case .close: isClosed = true
        }
    }

    private mutating func judge(_ head: RequestHead) {
        judged += 1
        if responses + abandoned < judged - 1 { fail(.answersOnce, "request \(judged) before the answer to the last") }
        isRefused = chance(4)
        let request = Request(
            head: HTTPRequest(method: head.method, scheme: "http", authority: nil, path: "/"),
            path: "/"
        )
        let handler: Handler = { _ in Response(status: .ok) }
        var route = Route([.post], "/", handler: handler)
        route.isProbe = chance(2)
        if !isRefused { admitted += 1 }
        let verdict = Verdict(
            request: request,
            plan: isRefused ? .answer(response()) : .handle(handler),
            route: route,
            share: isRefused ? nil : MemoryShare(of: budget, for: PeerAddress(ipv4: 1)),
            bodyLimit: 20_000
        )
        expectInterim { $0.admit(verdict, now: $1) }
    }

    private mutating func respond(_ reply: ConnectionState.Reply) {
        responses += 1
        if responses > judged + 1 { fail(.answersOnce, "\(responses) answers to \(judged) requests") }
        if runningHandler != nil { fail(.leavesNoHandler, "after the answer") }
        var response = Response(status: .badRequest)
        if case .response(let known) = reply { response = known }
        let stream = response.stream.map {
            AnswerBody(response.body, $0, share: MemoryShare(of: answers, for: PeerAddress(ipv4: 1)))
        }
        let length = stream.map(\.length) ?? response.body.count
        framing = connection.state.framing(of: response, length: length)
        let content: Answering.Content = stream.map { .stream($0) } ?? .octets(response.body[...])
        let record = ResponseRecord(
            id: RequestID(),
            status: response.status,
            requestBodyBytes: 0,
            bodyBytes: 0,
            isComplete: false,
            duration: .zero,
            remoteAddress: SocketAddress(host: "", port: 0)
        )
        let closes = connection.state.closesAfterAnswer || framing == .close
        let head = Array("<\(responses)>".utf8)
        begun += 1
        expected += head
        if stream == nil { expected += response.body }
        connection.state.send(
            head: head,
            Answering(content: content, framing: framing, closes: closes, record: record),
            now: now
        )
    }

    /// What an event adds to the output by itself is an interim answer.
    private mutating func expectInterim(_ event: (inout ConnectionState, ContinuousClock.Instant) -> Void) {
        let before = connection.state.output.count
        event(&connection.state, now)
        if connection.state.output.count > before { expected += "HTTP/1.1 100 Continue\r\n\r\n".utf8 }
    }

    private mutating func expect(piece: [UInt8]?) {
        switch (framing, piece) {
        case (.chunked, nil): expected += "0\r\n\r\n".utf8
        case (.chunked, let piece?):
            expected += String(piece.count, radix: 16).utf8
            expected += Array("\r\n".utf8) + piece + Array("\r\n".utf8)
        case (_, let piece?): expected += piece
        case (_, nil): break
        }
    }

    private mutating func response() -> Response {
        var response = Response(status: .ok, body: [UInt8](repeating: 0x2E, count: chance(8) ? 300_000 : 20))
        if chance(3) {
            let sizes = (0..<Int.random(in: 0...6, using: &generator)).map { _ in
                Int.random(in: 0...90_000, using: &generator)
            }
            response.stream = CountingStream(sizes: sizes, length: chance(2) ? sizes.reduce(0, +) : nil)
        }
        return response
    }

    // MARK: - Promises

    private mutating func check() {
        let state = connection.state
        if state.input.count > state.input.capacity || state.output.count > state.output.capacity {
            fail(.keepsItsBounds, "\(state.input.count) in, \(state.output.count) out")
        }
        // Room is made by doubling, so a body of unknown length may take twice its limit.
        if state.parser.heldBytes > 2 * 20_000 + 64 { fail(.keepsItsBounds, "a body of \(state.parser.heldBytes)") }
        if budget.held > 20_000 { fail(.keepsItsBounds, "the budget") }
        if isClosed, runningHandler != nil { fail(.leavesNoHandler, "after the close") }
    }

    /// Either it is somebody's turn in here, or there is a deadline.
    private mutating func wait() {
        if isClosed || runningHandler != nil || piece != nil { return }
        if connection.state.phase == .answering, connection.state.answering == nil {
            return fail(.answersOnce, "an answer was asked for and not begun")
        }
        let hasOutput = !connection.state.output.isEmpty
        if connection.wait == nil, connection.state.phase != .answering || hasOutput {
            fail(.waitsWithADeadline, "\(connection.state.phase)")
        }
    }

    private mutating func afterClose() {
        if connection.wantsInput { return fail(.isSilentAfterClose, "reading") }
        connection.state.received([0x47].span, now: now)
        connection.state.drain(now: now)
        connection.state.abort()
        connection.state.evict(now: now)
        connection.state.promote(now: now)
        _ = connection.state.answered(Response(status: .ok))
        connection.state.made([1], now: now)
        connection.state.end(now: now)
        if let action = connection.next() { fail(.isSilentAfterClose, "\(action)") }
        if connection.wait != nil || !connection.state.output.isEmpty { fail(.isSilentAfterClose, "waiting") }
    }

    private mutating func fail(_ promise: ConnectionPromise, _ what: String) {
        if broken[promise] == nil { broken[promise] = what }
    }

    private mutating func chance(_ of: Int) -> Bool { Int.random(in: 0..<of, using: &generator) == 0 }
}

/// A stream of digits in pieces of these sizes.
struct CountingStream: BodyStream {
    var sizes: [Int]
    let length: Int?
    let heldBytes = 0

    mutating func next() throws(BodyError) -> [UInt8]? {
        guard !sizes.isEmpty else { return nil }
        let size = sizes.removeFirst()
        var generator = SplitMix(seed: UInt64(size))
        return (0..<size).map { _ in 0x30 + UInt8(generator.next() % 10) }
    }
}
