internal import Glibc

/// One client connection: tells its `ConnectionState` what happens, and does what the state asks for.
///
/// Confined to its event loop. Everything is decided in the state; here are the socket and the clock, and in
/// `Connection+Answers.swift` what handlers are asked and how answers are encoded.
final class Connection {
    let number: UInt64
    let loop: EventLoop
    let socket: AcceptedSocket
    var transport: any Transport
    var state: ConnectionState
    private var readSource: ReadySource?
    private var writeSource: ReadySource?
    private var liveSources = 0
    private var isActing = false
    private var willActAgain = false
    var run: HandlerRun?
    private var deadline: Deadlines.Token?
    private var deadlineNumber = 0
    /// When the present event came: read once for all that follows from it.
    var now = ContinuousClock.now

    /// Answers after which other connections of the loop have their turn.
    private static let answersPerTurn = 32
    /// Octets after which other connections of the loop have their turn.
    private static let octetsPerTurn = 1024 * 1024

    /// Takes over a connected, non-blocking socket, which `transport` moves octets over.
    init(number: UInt64, socket: AcceptedSocket, transport: any Transport, loop: EventLoop) {
        self.number = number
        self.socket = socket
        self.loop = loop
        self.transport = transport
        state = ConnectionState(limits: loop.context.limits, isReserved: socket.slot.isReserved)
    }

    /// Begins to read; the sources keep the connection alive until it is closed.
    func start() {
        readSource = makeSource(.reading, of: socket.descriptor) { self.readable() }
        if loop.isDraining { state.drain(now: now) }
        act()
    }

    // MARK: - Events

    private func readable() {
        loop.checkIsCurrent()
        now = .now
        guard state.wantsInput else { return act() }
        let buffer = UnsafeMutableRawBufferPointer(rebasing: loop.scratch.prefix(state.inputRoom))
        switch transport.receive(into: buffer) {
        case .octets(let count):
            loop.context.counters.bytesReceived.add(count)
            socket.slot.progress(count)
            let octets = UnsafeRawBufferPointer(rebasing: buffer.prefix(count)).assumingMemoryBound(to: UInt8.self)
            state.received(octets.span, now: now)
        case .wouldBlock:
            break
        case .end:
            state.inputHasEnded(isHungUp: transport.isHungUp, now: now)
        case .notTLS:
            // The answer of a server on the right port would be no less plain.
            transport = PlainTransport(descriptor: socket.descriptor)
            state.refuse(.badRequest(reason: "plain HTTP on a port for https"))
        case .failed:
            state.end(now: now)
        }
        act()
    }

    private func writable() {
        loop.checkIsCurrent()
        now = .now
        guard transport.flush() else { return end() }
        state.sent(0, transportHolds: transport.wantsToWrite, now: now)
        act()
    }

    /// The loop has found the deadline passed, and has taken it out of its list.
    func deadlinePassed(_ kind: Deadlines.Kind) {
        now = .now
        deadline = nil
        let wait = state.waitNumber
        // What was waited for may be in the socket already.
        if kind == .idle || kind == .linger { readable() }
        guard state.waitNumber == wait else { return }
        state.timedOut(kind, acknowledged: transport.acknowledged, now: now)
        act()
    }

    /// Notices a peer that has vanished, which a suspended read source does not tell.
    func checkPeer() {
        guard state.phase == .handling, !state.wantsInput else { return }
        now = .now
        state.look(isHungUp: transport.isHungUp, now: now)
        act()
    }

    /// A slot has become free for a connection that was accepted for probes only.
    func promote() {
        now = .now
        state.promote(now: now)
        act()
    }

    /// The place is needed for somebody else.
    func evict() {
        now = .now
        loop.context.counters.connectionsEvicted.add()
        if state.isIdle { readable() }
        state.evict(now: now)
        act()
        // No lingering: the place is needed now.
        if state.phase != .handling { end() }
    }

    /// The server stops: closes if idle.
    func drain() {
        now = .now
        if state.isIdle { readable() }
        state.drain(now: now)
        act()
    }

    /// The server stops now: a request in flight is answered with 503, and everything is closed.
    func abort() {
        now = .now
        state.abort()
        act()
        end()
    }

    private func end() {
        now = .now
        state.end(now: now)
        act()
    }

    // MARK: - Actions

    /// Does what the state asks for, and holds sources and deadline to what it says.
    func act() {
        guard !isActing else { return }
        isActing = true
        var answers = 0
        var octets = 0
        repeat {
            while let action = state.next() {
                if case .record = action { answers += 1 }
                perform(action)
            }
            // What follows is recorded: a handler may have taken some time on the loop.
            now = .now
        } while answers < Self.answersPerTurn && octets < Self.octetsPerTurn && flush(&octets)
        isActing = false
        guard state.phase != .closed else { return }
        update()
        if answers >= Self.answersPerTurn || octets >= Self.octetsPerTurn { actAgain() }
    }

    private func actAgain() {
        guard !willActAgain else { return }
        willActAgain = true
        let number = number
        loop.execute { loop in
            guard let connection = loop.connection(number) else { return }
            connection.willActAgain = false
            // What a TLS transport has read already, the socket does not announce again.
            if connection.transport.hasUnread { connection.readable() } else { connection.act() }
        }
    }

    private func perform(_ action: ConnectionState.Action) {
        switch action {
        case .judge(let head):
            loop.context.counters.requests.add()
            state.admit(loop.judge(head, from: self), now: now)
        case .handle(let body, let trailers):
            handle(body, trailers)
        case .cancelHandler:
            run?.cancel()
            run = nil
        case .abandonHandler:
            loop.context.counters.requestsCancelled.add()
            run?.abandon()
            run = nil
        case .respond(let reply):
            respond(reply)
        case .makePiece(let body, let limit):
            makePiece(of: body, limit: limit)
        case .record(let record):
            loop.context.application.onResponse(record)
        case .shutDownWriting:
            transport.shutDownWriting()
        case .close(let withReset):
            close(withReset: withReset)
        }
    }

    /// Hands the output to the transport; false if nothing went out, so that there is nothing new to do.
    private func flush(_ octets: inout Int) -> Bool {
        guard state.phase != .closed, !state.output.isEmpty else { return false }
        let result = state.output.unsent.withUnsafeBytes { transport.send($0) }
        switch result {
        case .octets(let count):
            octets += count
            loop.context.counters.bytesSent.add(count)
            socket.slot.progress(count)
            state.sent(count, transportHolds: transport.wantsToWrite, now: now)
            return true
        case .wouldBlock:
            return false
        case .failed, .end, .notTLS:
            state.end(now: now)
            return true
        }
    }

    /// Watches for what the state wants, and nothing else.
    private func update() {
        if state.wantsInput { readSource?.resume() } else { readSource?.suspend() }
        if state.wantsInput, transport.hasUnread { actAgain() }
        if !state.output.isEmpty || transport.wantsToWrite { watchWriting() } else { writeSource?.suspend() }
        let wait = state.wait
        if deadline?.kind != wait || deadlineNumber != state.waitNumber {
            clearDeadline()
            deadline = wait.map { loop.deadlines.add($0, for: number, now: now) }
            deadlineNumber = state.waitNumber
        }
        socket.slot.stand(state.standing)
    }

    private func watchWriting() {
        if let writeSource { return writeSource.resume() }
        writeSource = makeSource(.writing, of: socket.writeDescriptor) { self.writable() }
    }

    private func clearDeadline() {
        if let deadline { loop.deadlines.remove(deadline) }
        deadline = nil
    }

    /// Who the peer is for the sake of fairness.
    var peerAddress: PeerAddress { socket.peerAddress }

    // MARK: - Closing

    private func close(withReset: Bool) {
        if withReset { transport.resetOnClose() } else { transport.sayGoodbye() }
        clearDeadline()
        readSource?.cancel()
        // A descriptor that nobody has watched has no source to close it.
        if let writeSource { writeSource.cancel() } else { Glibc.close(socket.writeDescriptor) }
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
            self.socket.slot.release()
        }
    }
}
