internal import HTTPTypes
internal import Logging

/// From a complete request to the octets of its answer.
extension Connection {
    /// Asks the handler: here if it is immediate, else in a task of its own, whose answer comes back to the loop and finds
    /// the connection or does not.
    func handle(_ body: [UInt8], _ trailers: HTTPFields) {
        guard let exchange = state.exchange, let verdict = exchange.verdict else { return }
        var request = verdict.request
        request.body = body
        request.trailers = trailers
        switch verdict.plan {
        case .answer: break
        case .handleImmediately(let handler): _ = state.answered(handler(request))
        case .handle(let handler): start(handler, request, exchange, verdict)
        }
    }

    private func start(_ handler: @escaping Handler, _ request: Request, _ exchange: Exchange, _ verdict: Verdict) {
        let call = HandlerCall(
            handler: handler,
            request: request,
            route: verdict.route,
            coding: verdict.coding,
            bodyLimit: verdict.bodyLimit,
            share: exchange.share,
            answerShare: MemoryShare(of: loop.context.answers, for: socket.peerAddress),
            context: loop.context
        )
        let run = HandlerRun()
        self.run = run
        let (loop, number, record) = (loop, number, self.record(of: exchange))
        loop.context.counters.requestsInFlight.add()
        let isLarge = request.body.count >= LargeRequestExecutor.leastOctets || verdict.coding != nil
        run.start(on: isLarge ? loop.context.largeRequests : nil) {
            let response = await call.answer()
            loop.execute { loop in
                loop.context.counters.requestsInFlight.add(-1)
                if run.isAbandoned { return loop.recordAbandoned(record, response) }
                loop.connection(number)?.answered(response, run)
            }
        }
    }

    private func answered(_ response: Response, _ run: HandlerRun) {
        now = .now
        guard self.run === run, state.answered(response) else { return }
        self.run = nil
        act()
    }

    /// Encodes the head of an answer, and gives it to the state.
    func respond(_ reply: ConnectionState.Reply) {
        let exchange = state.exchange
        let response: Response
        var record: ResponseRecord
        switch reply {
        case .response(let known):
            response = known
            record = self.record(of: exchange)
        case .error(let error):
            if exchange == nil { loop.context.counters.requests.add() }
            record = self.record(of: exchange)
            var request = RefusedRequest(id: record.id)
            if let exchange { request = RefusedRequest(id: record.id, head: exchange.head) }
            let style = exchange?.verdict?.route?.errorResponse
            response = loop.context.response(to: error, of: request, style: style)
        }
        record.status = response.status
        record.note = response.note
        if loop.isDraining { state.isDraining = true }
        let hasContent = exchange?.head.method != .head && ResponseEncoder.mayHaveContent(response.status)
        let (content, length) = content(of: response)
        let framing = state.framing(of: response, length: length)
        let closes = state.closesAfterAnswer || framing == .close
        let head = loop.encoder.head(
            of: response,
            id: record.id,
            framing: framing,
            persistence: closes ? .close : exchange?.head.isHTTP10 == true ? .keepAlive : .open
        )
        let answering = Answering(
            content: hasContent ? content : .none,
            framing: hasContent ? framing : .none,
            closes: closes,
            share: response.share,
            record: record
        )
        state.send(head: head, answering, now: now)
    }

    private func content(of response: Response) -> (Answering.Content, length: Int?) {
        if let body = response.answerBody { return (.stream(body), body.length) }
        guard let stream = response.stream else {
            return (response.body.isEmpty ? .none : .octets(response.body[...]), response.body.count)
        }
        // A refusal, or the answer of an immediate handler.
        let share = MemoryShare(of: loop.context.answers, for: socket.peerAddress)
        let body = AnswerBody(response.body, stream, share: share)
        return (.stream(body), body.length)
    }

    func makePiece(of body: AnswerBody, limit: Int) {
        let (loop, number) = (loop, number)
        loop.context.answerQueues.run {
            let piece = Result { () throws(BodyError) in try body.next(limit: limit) }
            loop.execute { $0.connection(number)?.made(piece) }
        }
    }

    private func made(_ piece: Result<[UInt8]?, BodyError>) {
        now = .now
        switch piece {
        case .success(let octets): state.made(octets, now: now)
        case .failure(let error):
            loop.context.logger.warning("an answer was not made to its end: \(error)")
            state.makingFailed(now: now)
        }
        act()
    }

    /// What is known of an answer before it is made.
    private func record(of exchange: Exchange?) -> ResponseRecord {
        ResponseRecord(
            id: exchange?.verdict?.request.id ?? RequestID(using: &loop.generator),
            method: exchange?.head.method,
            path: exchange?.head.target.path,
            route: exchange?.verdict?.route?.pattern,
            status: .ok,
            requestBodyBytes: exchange?.bodyBytes ?? 0,
            bodyBytes: 0,
            isComplete: false,
            duration: (exchange?.receivedAt ?? state.receivedAt).map { $0.duration(to: now) } ?? .zero,
            remoteAddress: socket.peer
        )
    }

    /// The request without its body, as `Route.admit` sees it.
    func request(_ head: RequestHead) -> Request {
        Request(
            head: HTTPRequest(
                method: head.method,
                scheme: transport.scheme,
                authority: head.authority,
                path: head.target.pathAndQuery,
                headerFields: head.fields
            ),
            path: head.target.path,
            query: head.target.query,
            id: head.fields[.xRequestID].flatMap { RequestID($0) } ?? RequestID(using: &loop.generator),
            remoteAddress: socket.peer,
            receivedAt: state.exchange?.receivedAt ?? .now
        )
    }
}

extension HTTPField.Name {
    /// `x-request-id`.
    fileprivate static let xRequestID = HTTPField.Name("x-request-id")
}

extension HTTPFields {
    /// The value of a field whose name may not have been valid.
    fileprivate subscript(name: HTTPField.Name?) -> String? { name.flatMap { self[$0] } }
}
