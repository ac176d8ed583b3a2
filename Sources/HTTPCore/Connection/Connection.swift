internal import Glibc
internal import HTTPTypes

/// One client connection: reads requests one at a time, has them answered, and writes the answers in order.
///
/// Confined to its event loop. While a request is in flight no further one is begun; what the client sends meanwhile is
/// kept up to a limit, and then the socket is left alone until the answer is out, so a client that pipelines cannot pile
/// up work or memory. A client that half-closes is answered all the same; one that is gone has its handler cancelled.
///
/// This file reads, writes and closes; `Connection+Exchange.swift` says what goes into an answer. It is long because
/// phase, buffers, sources and deadline change together, and are private so that nothing else can change one alone.
final class Connection {
    /// What the connection does now.
    enum Phase: Equatable {
        /// Reads a head or a body, or waits for one.
        case reading
        /// Waits for the handler.
        case handling
        /// Waits until the client has taken the answer.
        case writing
        /// Has sent its last answer, and drops what the client still sends, so that no reset destroys that answer.
        case lingering
        /// Is gone.
        case closed
    }

    let number: UInt64
    let peer: SocketAddress
    let loop: EventLoop
    var parser: RequestParser
    var phase = Phase.reading
    /// The request whose head has been read and whose answer has not been sent.
    var exchange: Exchange?
    /// When the first octet of the request arrived that is being read.
    var receivedAt: ContinuousClock.Instant?
    /// Whether the client has said that it sends no more.
    private(set) var inputEnded = false

    /// `http` or `https`.
    var scheme: String { transport.scheme }

    private let descriptor: Int32
    private var transport: any Transport
    private var readSource: ReadySource?
    private var writeSource: ReadySource?
    private var liveSources = 0
    private var input: [UInt8] = []
    private var inputPosition = 0
    private var isParsing = false
    private var output = OutputBuffer()
    private var closesAfterOutput = false
    private var hasAnswered = false
    private var willReadAgain = false
    private var lingeredBytes = 0
    private var deadline: Deadlines.Token?

    /// Takes over `descriptor`, a connected non-blocking socket, which `transport` moves octets over.
    init(number: UInt64, descriptor: Int32, transport: any Transport, peer: SocketAddress, loop: EventLoop) {
        self.number = number
        self.descriptor = descriptor
        self.peer = peer
        self.loop = loop
        self.transport = transport
        parser = RequestParser(limits: loop.context.parserLimits)
    }

    /// Begins to read; the source keeps the connection alive until it is closed.
    func start() {
        readSource = makeSource(.reading, of: descriptor) { self.readable() }
        setDeadline(.head)
        if loop.isDraining { drain() }
    }

    // MARK: - Reading

    /// Whether octets may be waiting unread that belong to no request in flight.
    private var hasBufferedInput: Bool { inputPosition < input.count }

    /// Whether nothing of a request has been read and none is in flight.
    private var isIdle: Bool {
        phase == .reading && !isParsing && exchange == nil && parser.isBetweenRequests && !hasBufferedInput
    }

    private func readable() {
        loop.checkIsCurrent()
        guard phase != .closed else { return }
        let room =
            phase == .reading || phase == .lingering
            ? loop.scratch.count
            : loop.context.configuration.maximumBufferedBytes - (input.count - inputPosition)
        guard room > 0 else { return updateReading() }
        let buffer = UnsafeMutableRawBufferPointer(rebasing: loop.scratch.prefix(room))
        switch transport.receive(into: buffer) {
        case .octets(let count):
            loop.context.counters.bytesReceived.add(count)
            received(UnsafeRawBufferPointer(rebasing: buffer.prefix(count)))
        case .wouldBlock:
            break
        case .end:
            inputHasEnded()
        case .notTLS:
            // The answer of a server on the right port would be no less plain.
            transport = PlainTransport(descriptor: descriptor)
            refuse(.badRequest(reason: "plain HTTP on a port for https"))
        case .failed:
            close()
        }
        if phase != .closed, transport.wantsToWrite { watchWriting() }
        updateReading()
    }

    private func received(_ octets: UnsafeRawBufferPointer) {
        switch phase {
        case .lingering:
            lingeredBytes += octets.count
            if lingeredBytes > loop.context.configuration.maximumLingerBytes { close() }
        case .reading where !hasBufferedInput:
            var position = 0
            let octets = octets.assumingMemoryBound(to: UInt8.self)
            parse(octets.span, &position)
            if phase != .lingering { input.append(contentsOf: octets[position...]) }
            becomeIdle()
        default:
            input.append(contentsOf: octets)
            parseBuffered()
        }
    }

    private func inputHasEnded() {
        inputEnded = true
        switch phase {
        case .lingering, .closed: close()
        case .reading: endOfInput()
        case .handling, .writing:
            if transport.isHungUp { close() }
        }
    }

    /// The client ends in the middle of a request, or between two.
    private func endOfInput() {
        if exchange == nil && parser.isBetweenRequests { return close() }
        refuse(.badRequest(reason: "the connection ended before the request"))
    }

    /// Goes on with the octets that arrived while an answer was in the making.
    private func parseBuffered() {
        guard !isParsing else { return }
        if hasBufferedInput {
            // The array is taken out while it is parsed, so that nothing can change it meanwhile.
            let octets = input
            var position = inputPosition
            input = []
            inputPosition = 0
            parse(octets.span, &position)
            if position < octets.count, phase != .lingering {
                input = octets
                inputPosition = position
            }
        }
        if phase == .reading, inputEnded { return endOfInput() }
        becomeIdle()
        updateReading()
    }

    /// Feeds the parser for as long as it is its turn.
    private func parse(_ octets: Span<UInt8>, _ position: inout Int) {
        isParsing = true
        defer { isParsing = false }
        do {
            while phase == .reading {
                if receivedAt == nil, position < octets.count { receivedAt = .now }
                switch try parser.next(octets, &position) {
                case .head(let head): try begin(head, bodyHasBegun: position < octets.count)
                case .end(let body, let trailers): try complete(body: body, trailers: trailers)
                case nil:
                    if parser.isBetweenRequests { receivedAt = nil }
                    return try waitForMore()
                }
            }
        } catch {
            refuse(error)
        }
    }

    /// Sets the deadline for the octets that are missing.
    private func waitForMore() throws(HTTPError) {
        guard exchange == nil else {
            guard try bodyContinues() else { return }
            if isTooSlow { return bodyTimedOut() }
            return setDeadline(.body)
        }
        if !parser.isBetweenRequests, deadline?.kind != .head {
            setDeadline(.head)
        }
    }

    /// Whether the body comes at less than the minimum rate.
    private var isTooSlow: Bool {
        guard let begin = exchange?.bodyBeganAt else { return false }
        let configuration = loop.context.configuration
        let excess = begin.duration(to: .now) - configuration.bodyRateGrace
        return excess > .zero
            && Double(parser.bodyLength) < excess / .seconds(1) * Double(configuration.minimumBodyRate)
    }

    /// Reads when octets are of use now, or can be kept for later.
    private func updateReading() {
        let wantsInput: Bool
        switch phase {
        case .closed: return
        case .reading, .lingering: wantsInput = !inputEnded
        case .handling, .writing:
            let room = loop.context.configuration.maximumBufferedBytes - (input.count - inputPosition)
            wantsInput = !inputEnded && room > 0
        }
        if wantsInput { readSource?.resume() } else { readSource?.suspend() }
        guard wantsInput, transport.hasUnread, !willReadAgain else { return }
        willReadAgain = true
        let number = number
        loop.execute { loop in
            guard let connection = loop.connection(number) else { return }
            connection.willReadAgain = false
            if connection.readSource?.isSuspended == false { connection.readable() }
        }
    }

    // MARK: - Writing

    /// Sends an interim answer, which ends nothing.
    func sendInterim(_ head: [UInt8]) {
        output.append(head: head, body: [])
        flush()
    }

    /// Sends a final answer; then goes on with the next request or closes.
    func send(head: [UInt8], body: [UInt8], file: FileBody?, thenClose: Bool) {
        output.append(head: head, body: body, file: file)
        closesAfterOutput = thenClose
        phase = .writing
        clearDeadline()
        flush()
    }

    private func flush() {
        guard phase != .closed else { return }
        guard transport.flush() else { return close() }
        let result = output.flush(to: &transport)
        if case .octets(let count) = result { loop.context.counters.bytesSent.add(count) }
        if result == .failed { return close() }
        if output.isEmpty, !transport.wantsToWrite {
            writeSource?.suspend()
            if phase == .writing { outputSent() }
        } else if output.isEmpty, phase != .writing {
            // Records of a handshake, which has its own deadline.
            watchWriting()
        } else {
            // Only progress moves the deadline: a client that takes nothing is given up.
            if result != .wouldBlock || deadline?.kind != .write { setDeadline(.write) }
            watchWriting()
        }
    }

    private func watchWriting() {
        if let writeSource { return writeSource.resume() }
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { return close() }
        writeSource = makeSource(.writing, of: copy) { self.flush() }
    }

    private func outputSent() {
        hasAnswered = true
        exchange = nil
        receivedAt = nil
        guard !closesAfterOutput else { return finish() }
        phase = .reading
        setDeadline(.idle)
        parseBuffered()
    }

    /// Answers are out and no further request has begun: others may want the slot.
    private func becomeIdle() {
        guard isIdle, hasAnswered else { return }
        if loop.isDraining { close() } else { loop.context.slots.roomMayBeMade() }
    }

    /// Closes so that the client can still read the last answer.
    private func finish() {
        transport.shutDownWriting()
        guard !inputEnded else { return close() }
        phase = .lingering
        lingeredBytes = input.count - inputPosition
        input = []
        inputPosition = 0
        setDeadline(.linger)
        updateReading()
    }

    // MARK: - Time

    /// Sets the one deadline of the connection, in place of any other.
    func setDeadline(_ kind: Deadlines.Kind) {
        clearDeadline()
        deadline = loop.deadlines.add(kind, for: number, now: .now)
    }

    /// Takes the deadline back.
    func clearDeadline() {
        if let deadline { loop.deadlines.remove(deadline) }
        deadline = nil
    }

    /// The loop has found the deadline passed, and has taken it out of its list.
    func deadlinePassed(_ kind: Deadlines.Kind) {
        deadline = nil
        switch kind {
        case .head:
            if parser.isBetweenRequests { close() } else { refuse(.requestTimeout) }
        case .body:
            bodyTimedOut()
        case .idle:
            closeIfIdle()
        case .write:
            transport.resetOnClose()
            close()
        case .linger:
            close()
        }
    }

    // MARK: - Closing

    /// Closes an idle connection, unless a request turns out to be in its socket already.
    func closeIfIdle() {
        guard isIdle else { return }
        readable()
        if isIdle { close() }
    }

    /// Closes if the peer has vanished, which a suspended read source does not tell.
    func checkPeer() {
        guard phase == .handling, readSource?.isSuspended == true else { return }
        if transport.isHungUp { return close() }
        if inputEnded { probe() }
    }

    /// The server stops: closes if idle.
    ///
    /// A connection that has not sent its first request has a moment to do so.
    func drain() {
        guard phase == .reading else { return }
        if hasAnswered {
            closeIfIdle()
        } else if isIdle {
            setDeadline(.linger)
        }
    }

    /// The server stops now: a request in flight is answered with 503, and everything is closed.
    func abort() {
        if phase == .handling {
            exchange?.task?.cancel()
            refuse(.shuttingDown)
        }
        close()
    }

    /// Closes without another word, and cancels the handler.
    func close() {
        guard phase != .closed else { return }
        if phase == .handling, let task = exchange?.task {
            task.cancel()
            loop.context.counters.requestsCancelled.add()
        }
        phase = .closed
        transport.sayGoodbye()
        exchange = nil
        clearDeadline()
        readSource?.cancel()
        writeSource?.cancel()
        loop.remove(number)
    }

    /// Makes a source that closes `watched` when it ends; with the last one the connection gives its slot back.
    private func makeSource(
        _ readiness: ReadySource.Readiness,
        of watched: Int32,
        onReady: @escaping () -> Void
    ) -> ReadySource {
        liveSources += 1
        return loop.makeSource(readiness, of: watched, onReady: onReady) {
            Glibc.close(watched)
            self.liveSources -= 1
            guard self.liveSources == 0 else { return }
            self.readSource = nil
            self.writeSource = nil
            self.loop.context.slots.release()
        }
    }
}
