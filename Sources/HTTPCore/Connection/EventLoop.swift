internal import Dispatch
internal import Glibc

/// A serial queue with the connections it serves, their deadlines, one timer, and one read buffer.
///
/// Connections are spread over a fixed number of loops. A queue per connection would cost a thread per connection.
final class EventLoop: @unchecked Sendable {
    // SAFETY: everything mutable is touched on `queue` alone; `execute` and `sync` are the only ways in, and
    // `checkIsCurrent` holds the sources to it in debug builds.
    private let queue: DispatchQueue
    private var timer: (any DispatchSourceTimer)?
    private var connections: [UInt64: Connection] = [:]
    private(set) var isDraining = false

    let context: ServerContext
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)
    var deadlines: Deadlines
    var encoder = ResponseEncoder()
    var generator = SplitMix()

    /// Makes a loop and starts its timer.
    init(number: Int, context: ServerContext) {
        queue = DispatchQueue(label: "http.loop.\(number)")
        self.context = context
        let configuration = context.configuration
        deadlines = Deadlines { kind in
            switch kind {
            case .head: configuration.headTimeout
            case .idle: configuration.idleTimeout
            case .body: configuration.bodyTimeout
            case .write: configuration.writeTimeout / ConnectionLimits.writeWindows
            case .linger: configuration.lingerTimeout
            }
        }
        execute { $0.startTimer() }
    }

    deinit {
        scratch.deallocate()
    }

    /// Runs `body` on the loop, some time later.
    func execute(_ body: @escaping @Sendable (EventLoop) -> Void) {
        queue.async { body(self) }
    }

    /// Runs `body` on the loop and waits; not to be called on a loop.
    func sync<Result: Sendable>(_ body: (EventLoop) -> Result) -> Result {
        queue.sync { body(self) }
    }

    /// Traps in debug builds unless this is the loop's queue.
    func checkIsCurrent() {
        dispatchPrecondition(condition: .onQueue(queue))
    }

    /// Makes a source whose handlers run on this loop.
    func makeSource(
        _ readiness: ReadySource.Readiness,
        of descriptor: Int32,
        onReady: @escaping () -> Void,
        onCancel: @escaping () -> Void
    ) -> ReadySource {
        checkIsCurrent()
        return ReadySource(
            readiness,
            of: descriptor,
            on: queue,
            onReady: onReady,
            onCancel: onCancel
        )
    }

    // MARK: - Connections

    /// Serves a socket that has just been accepted.
    func open(_ socket: AcceptedSocket) {
        guard let transport = makeTransport(socket.descriptor) else {
            close(socket.descriptor)
            close(socket.writeDescriptor)
            return socket.slot.release()
        }
        let number = socket.slot.number
        let connection = Connection(number: number, socket: socket, transport: transport, loop: self)
        connections[number] = connection
        connection.start()
    }

    /// TLS if the server has a certificate; nil if there is no memory for it.
    private func makeTransport(_ descriptor: Int32) -> (any Transport)? {
        let socket = PlainTransport(descriptor: descriptor)
        guard let certificates = context.certificates else { return socket }
        return certificates.current.flatMap { TLSTransport(socket, context: $0) }
    }

    /// Forgets a connection that has closed: an answer that comes later finds nobody.
    func remove(_ number: UInt64) {
        connections[number] = nil
    }

    /// The connection of this number, if it is still open.
    func connection(_ number: UInt64) -> Connection? {
        connections[number]
    }

    /// Decides about a request whose head is complete.
    func judge(_ head: RequestHead, from connection: Connection) -> Verdict {
        context.judge(head, connection.request(head), of: connection.peerAddress)
    }

    /// Tells the observer of an answer that nobody waits for any more.
    func recordAbandoned(_ record: ResponseRecord, _ response: Response) {
        var record = record
        record.status = response.status
        record.note = response.note
        context.application.onResponse(record)
    }

    /// Makes every answer from now on the last one of its connection.
    func beginDraining() {
        isDraining = true
    }

    /// Closes what is idle.
    func drain() {
        for connection in Array(connections.values) { connection.drain() }
    }

    /// Cancels the handlers that still run and closes every connection.
    func abort() {
        for connection in Array(connections.values) { connection.abort() }
    }

    /// Stops the timer, which keeps the loop alive.
    func stop() {
        timer?.cancel()
        timer = nil
    }

    // MARK: - Time

    private func startTimer() {
        let timer = DispatchSource.makeTimerSource(queue: queue)
        let interval = context.configuration.timerInterval
        let nanoseconds = interval.nanoseconds
        timer.schedule(
            deadline: .now() + .nanoseconds(nanoseconds),
            repeating: .nanoseconds(nanoseconds),
            leeway: .nanoseconds(nanoseconds / 10)
        )
        timer.setEventHandler { self.tick() }
        timer.activate()
        self.timer = timer
    }

    private func tick() {
        let now = ContinuousClock.now
        while let expired = deadlines.popExpired(now: now) {
            connections[expired.owner]?.deadlinePassed(expired.kind)
        }
        for connection in Array(connections.values) { connection.checkPeer() }
    }
}

extension Duration {
    /// The whole length in nanoseconds, as Dispatch counts.
    var nanoseconds: Int { Int(components.seconds) * 1_000_000_000 + Int(components.attoseconds / 1_000_000_000) }
}
