internal import HTTPTypes

/// From an answer to its last octet.
extension ConnectionState {
    /// Room that a piece of a stream must have in the output before it is asked for.
    private static let leastRoom = 64 * 1024
    /// Octets of a chunk-size line with its CRLF, and of the CRLF behind the chunk, at most.
    private static let chunkFrameBytes = 20

    /// Sends `100 Continue`, which ends nothing (RFC 9110 section 15.2.1).
    mutating func sendInterim() {
        let line = "HTTP/1.1 100 Continue\r\n\r\n".utf8
        if output.room >= line.count { output.append(line) }
    }

    /// Sends the answer that has been known since the head.
    mutating func conclude(closes: Bool) {
        guard let response = exchange?.knownAnswer else { return }
        phase = .answering
        if closes { stopReading() }
        ask(for: .respond(.response(response)))
    }

    /// Answers a request that breaks a rule, or comes too late, and closes: its end cannot be known.
    mutating func refuse(_ error: HTTPError) {
        if phase == .handling { ask(for: .cancelHandler) }
        phase = .answering
        stopReading()
        ask(for: .respond(.error(error)))
    }

    /// The handler has answered; false if nobody waits for it.
    mutating func answered(_ response: Response) -> Bool {
        guard phase == .handling else { return false }
        phase = .answering
        ask(for: .respond(.response(response)))
        return true
    }

    /// Nothing more is parsed: what has come of a body is not needed any more.
    private mutating func stopReading() {
        parser = RequestParser(limits: limits.parser)
        droppedBytes += input.count
        input.removeAll()
        mustClose = true
    }

    /// Whether the connection ends with the answer in the making.
    var closesAfterAnswer: Bool { mustClose || isDraining || isReserved || exchange?.head.keepsAlive != true }

    /// How the content of a response is to be framed on this connection.
    func framing(of response: Response, length: Int?) -> Answering.Framing {
        guard ResponseEncoder.mayHaveContent(response.status) else { return .none }
        if let length { return .length(length) }
        return exchange?.head.isHTTP10 == true ? .close : .chunked
    }

    /// Begins to send an answer whose head has been encoded.
    mutating func send(head: [UInt8], _ answer: Answering, now: ContinuousClock.Instant) {
        guard phase == .answering, answering == nil else { return }
        guard head.count <= output.room else { return end(withReset: true, now: now) }
        exchange?.share = nil
        answering = answer
        restartWait()
        stalledWindows = 0
        output.append(moving: head)
        fill(now: now)
    }

    /// A piece of content has been made; nil at the end.
    mutating func made(_ piece: [UInt8]?, now: ContinuousClock.Instant) {
        guard phase == .answering, answering?.isMaking == true else { return }
        answering?.isMaking = false
        guard let piece else {
            if answering?.framing == .chunked { output.append("0\r\n\r\n".utf8) }
            answering?.content = .none
            return finishIfSent(now: now)
        }
        answering?.contentBytes += piece.count
        // The wait for the peer begins when there is something to take again.
        if output.isEmpty { restartWait() }
        if answering?.framing == .chunked {
            output.append(String(piece.count, radix: 16).utf8)
            output.append("\r\n".utf8)
            output.append(piece)
            output.append("\r\n".utf8)
        } else {
            output.append(moving: piece)
        }
        fill(now: now)
    }

    /// The content cannot be made to its end: the client must not take what it has for complete.
    mutating func makingFailed(now: ContinuousClock.Instant) {
        end(withReset: true, now: now)
    }

    /// The transport has taken octets of the output.
    ///
    /// - Parameter transportHolds: whether it has not passed all of them on.
    mutating func sent(_ octets: Int, transportHolds: Bool, now: ContinuousClock.Instant) {
        guard phase != .closed else { return }
        self.transportHolds = transportHolds
        output.consume(octets)
        if octets > 0 { restartWait() }
        guard answering != nil else { return }
        fill(now: now)
        finishIfSent(now: now)
    }

    /// Moves content into the output as far as there is room, or has more of it made.
    private mutating func fill(now: ContinuousClock.Instant) {
        switch answering?.content {
        case .octets(let octets)?:
            let count = min(octets.count, output.room)
            output.append(octets.prefix(count))
            answering?.contentBytes += count
            answering?.content = count < octets.count ? .octets(octets.dropFirst(count)) : .none
        case .stream(let body)? where answering?.isMaking == false && output.room >= Self.leastRoom:
            answering?.isMaking = true
            // Room is kept for the last chunk too.
            ask(for: .makePiece(body, limit: output.room - 2 * Self.chunkFrameBytes))
        default:
            break
        }
    }

    private mutating func finishIfSent(now: ContinuousClock.Instant) {
        guard let answering, case .none = answering.content, output.isEmpty, !transportHolds else { return }
        record(answering, isComplete: true, now: now)
        self.answering = nil
        exchange = nil
        receivedAt = nil
        hasAnswered = true
        guard answering.closes else {
            phase = .reading
            restartWait()
            return advance(now: now)
        }
        guard !inputEnded else { return end(now: now) }
        ask(for: .shutDownWriting)
        phase = .lingering
        lingerEnd = now + limits.lingerTime
        droppedBytes += input.count
        input.removeAll()
        restartWait()
    }

    /// Tells the observer of an answer that has ended.
    mutating func record(_ answering: Answering, isComplete: Bool, now: ContinuousClock.Instant) {
        var record = answering.record
        record.isComplete = isComplete
        record.bodyBytes = max(0, answering.contentBytes - output.count)
        record.duration = exchange.map { $0.receivedAt.duration(to: now) } ?? record.duration
        ask(for: .record(record))
    }
}
