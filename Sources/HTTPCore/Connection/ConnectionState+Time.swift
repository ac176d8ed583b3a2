/// Waiting, and the ways to end.
extension ConnectionState {
    /// What is waited for from outside; nil while it is the server's turn.
    ///
    /// Whoever owns the state keeps a deadline of this kind, and begins it anew when `waitNumber` changes.
    var wait: Deadlines.Kind? {
        switch phase {
        case .closed, .judging: nil
        case .lingering: .linger
        case .parked: .head
        case .handling, .answering: output.isEmpty && !transportHolds ? nil : .write
        case .reading where exchange != nil: .body
        case .reading where isIdle && isDraining: .linger
        case .reading: isIdle && hasAnswered ? .idle : .head
        }
    }

    /// What the connection does, as far as others may want its place.
    var standing: ConnectionSlot.Standing {
        switch phase {
        case .lingering, .closed: .lingering
        case .parked: .parked
        case .judging, .handling: .busy
        case .answering: output.isEmpty && !transportHolds ? .busy : .answer
        case .reading where exchange != nil: .body
        case .reading: isIdle && hasAnswered ? .idle : .head
        }
    }

    /// The present wait begins anew.
    mutating func restartWait() {
        waitNumber &+= 1
    }

    /// The time for what was waited for is over.
    ///
    /// - Parameter acknowledged: octets that the peer's system has confirmed since the connection began.
    mutating func timedOut(_ kind: Deadlines.Kind, acknowledged: Int, now: ContinuousClock.Instant) {
        guard kind == wait else { return }
        restartWait()
        switch kind {
        case .head where phase == .parked: refuse(.overloaded(.connections))
        case .head: if parser.isBetweenRequests { end(now: now) } else { refuse(.requestTimeout) }
        case .body: bodyWindowEnded()
        case .idle, .linger: end(now: now)
        case .write: writeWindowEnded(acknowledged: acknowledged, now: now)
        }
    }

    /// A body has to bring its share in every window of its timeout.
    private mutating func bodyWindowEnded() {
        guard let exchange else { return }
        guard parser.bodyLength - exchange.windowBytes < limits.bodyWindowBytes else {
            exchange.windowBytes = parser.bodyLength
            return
        }
        if exchange.isAnswerKnown { conclude(closes: true) } else { refuse(.requestTimeout) }
    }

    /// A slow peer is served for as long as its system confirms anything at all.
    private mutating func writeWindowEnded(acknowledged: Int, now: ContinuousClock.Instant) {
        stalledWindows = acknowledged > self.acknowledged ? 0 : stalledWindows + 1
        self.acknowledged = acknowledged
        if stalledWindows >= ConnectionLimits.writeWindows { end(withReset: true, now: now) }
    }

    /// Looks after a client whose handler runs while nothing is read from it.
    ///
    /// A client that has ended its input may be gone, or merely have no more to ask: both look the same until something
    /// is sent. An interim answer is what any client of 1.1 can read and drop (RFC 9110 section 15.2), and what the
    /// system of one that is gone answers with a reset.
    mutating func look(isHungUp: Bool, now: ContinuousClock.Instant) {
        guard phase == .handling, !wantsInput else { return }
        if isHungUp { return end(now: now) }
        guard inputEnded else { return }
        switch exchange?.farewell {
        case .unsaid:
            // A moment for the handler: most have answered before this is looked at again.
            exchange?.farewell = .said
        case .said where exchange?.head.isHTTP10 == false:
            exchange?.farewell = .probed
            sendInterim()
        default: break
        }
    }

    /// The server stops: every answer from now on is the last one of its connection.
    ///
    /// A connection that has not sent its first request has a moment to do so; one that has is closed if it is idle.
    mutating func drain(now: ContinuousClock.Instant) {
        isDraining = true
        restartWait()
        if isIdle, hasAnswered { end(now: now) }
    }

    /// The place is needed for somebody else.
    mutating func evict(now: ContinuousClock.Instant) {
        switch phase {
        case .reading where exchange != nil, .parked: refuse(.overloaded(.connections))
        // A request has come in the meantime: it is answered, and is the last.
        case .handling, .judging: mustClose = true
        case .closed: break
        case .reading, .answering, .lingering: end(now: now)
        }
    }

    /// The server stops now: a request in flight is answered with 503.
    mutating func abort() {
        if phase == .handling { refuse(.shuttingDown) }
    }

    /// Closes without another word, and cancels the handler.
    mutating func end(withReset: Bool = false, now: ContinuousClock.Instant) {
        guard phase != .closed else { return }
        if phase == .handling { ask(for: .abandonHandler) }
        // An answer cut short must not look complete, as one does whose end is told by the close.
        let withReset = withReset || answering != nil
        if let answering { record(answering, isComplete: false, now: now) }
        phase = .closed
        answering = nil
        exchange = nil
        input.removeAll()
        output.removeAll()
        ask(for: .close(withReset: withReset))
    }
}
