internal import HTTPTypes

/// From the head of a request to its answer.
extension Connection {
    /// A head is complete: routes it, and says what happens to the body.
    ///
    /// Everything that can be refused is refused here, before a body is asked for; the body is read off all the same,
    /// so that the next request can be found behind it.
    func begin(_ head: RequestHead, bodyHasBegun: Bool) throws(HTTPError) {
        loop.context.counters.requests.add()
        let id = head.fields[.xRequestID].flatMap { RequestID($0) } ?? RequestID(using: &loop.generator)
        let (plan, limit) = self.plan(head)
        exchange = Exchange(head: head, id: id, receivedAt: receivedAt ?? .now, plan: plan)
        guard case .handle = plan else { return try readOff(head, limit: limit, bodyHasBegun: bodyHasBegun) }
        try parser.startBody(limit: limit, keepsContent: true)
        guard head.hasContent else { return }
        bodyBegins()
        // RFC 9110 section 10.1.1: a 100 may be left out once the body has begun to come.
        if head.expectation == .continueRequested, !bodyHasBegun {
            sendInterim(Self.continueLine)
        }
    }

    /// Finds the route, and checks what the head says about the body against it.
    ///
    /// Without a route the server's own limit holds: a length that nobody could take is 413 (RFC 9110 section 15.5.14)
    /// at any path, for any method.
    private func plan(_ head: RequestHead) -> (Exchange.Plan, bodyLimit: Int) {
        let limit = loop.context.configuration.maximumBodyBytes
        guard head.expectation != .unknown else { return (.refuse(.expectationFailed), limit) }
        switch loop.context.application.router.match(head.method, path: head.target.path) {
        case .failure(let error, _):
            return (.refuse(error), limit)
        case .options(let methods):
            return (.options(methods), limit)
        case .route(let route, let parameters):
            if route.requiresLength {
                guard case .length = head.framing else { return (.refuse(.lengthRequired), limit) }
            }
            let coding: ContentCoding?
            do throws(HTTPError) {
                coding = try head.hasContent ? ContentCoding.named(by: head.fields) : nil
            } catch {
                return (.refuse(error), limit)
            }
            return (.handle(route, parameters: parameters, coding), route.bodyLimit ?? limit)
        }
    }

    /// Has a body that nobody wants read off before the answer, or, if it is too long for that, answers and closes.
    ///
    /// What breaks a rule in that body is answered instead: the framing is judged as if the body were wanted.
    private func readOff(_ head: RequestHead, limit: Int, bodyHasBegun: Bool) throws(HTTPError) {
        try parser.startBody(limit: limit, keepsContent: false)
        guard head.hasContent else { return }
        // A client that waits for a 100 may never send its body after a final answer: then there is nothing to read.
        let isHeldBack = head.expectation != .none && !bodyHasBegun
        let isTooLong = if case .length(let length) = head.framing { length > maximumDrainedBytes } else { false }
        if isHeldBack || isTooLong { conclude(thenClose: true) } else { bodyBegins() }
    }

    private var maximumDrainedBytes: Int { loop.context.configuration.maximumDrainedBytes }

    private func bodyBegins() {
        exchange?.bodyBeganAt = .now
        setDeadline(.body)
    }

    /// Counts the body that is kept in memory against the server's budget.
    private func holdBody(_ octets: Int) throws(HTTPError) {
        guard octets > 0, exchange?.isHandled == true else { return }
        let share = exchange?.share ?? BodyShare(of: loop.context.bodies)
        exchange?.share = share
        guard share.grow(to: octets) else { throw .overloaded }
    }

    /// More of a body has been read, and more is to come.
    ///
    /// - Returns: False if that was enough, and the answer has been sent.
    func bodyContinues() throws(HTTPError) -> Bool {
        try holdBody(parser.bodyLength)
        guard let exchange, !exchange.isHandled, parser.bodyLength > maximumDrainedBytes else { return true }
        conclude(thenClose: true)
        return false
    }

    /// Sends the answer that has been known since the head.
    private func conclude(thenClose: Bool) {
        guard let exchange else { return }
        switch exchange.plan {
        case .handle:
            preconditionFailure("the handler answers")
        case .options(let methods):
            let fields: HTTPFields = [.allow: methods.list]
            answer(Response(status: .noContent, fields: fields), id: exchange.id, thenClose: thenClose)
        case .refuse(let error):
            answer(loop.context.response(to: error, of: exchange.refused), id: exchange.id, thenClose: thenClose)
        }
    }

    /// The body is complete: starts the handler, or sends the answer that is known already.
    func complete(body: [UInt8], trailers: HTTPFields) throws(HTTPError) {
        clearDeadline()
        try holdBody(body.count)
        guard let exchange else { return }
        self.exchange?.bodyBytes = body.count
        guard case .handle(let route, let parameters, let coding) = exchange.plan else {
            return conclude(thenClose: false)
        }
        let head = exchange.head
        let request = Request(
            head: HTTPRequest(
                method: head.method,
                scheme: scheme,
                authority: head.authority,
                path: head.target.pathAndQuery,
                headerFields: head.fields
            ),
            path: head.target.path,
            query: head.target.query,
            pathParameters: parameters,
            body: body,
            trailers: trailers,
            id: exchange.id,
            remoteAddress: peer,
            receivedAt: exchange.receivedAt
        )
        let routeHandler: Handler
        switch route.admit(request) {
        case .handleImmediately(let handler):
            return answer(handler(request), id: exchange.id, thenClose: false)
        case .refuse(let response): return answer(response, id: exchange.id, thenClose: false)
        case .handle(let handler): routeHandler = handler
        }
        run(
            HandlerCall(
                handler: routeHandler,
                request: request,
                coding: coding,
                bodyLimit: route.bodyLimit ?? loop.context.configuration.maximumBodyBytes,
                share: exchange.share,
                context: loop.context
            )
        )
    }

    /// Runs the handler in a task of its own; its answer comes back to the loop, and finds the connection or does not.
    private func run(_ call: HandlerCall) {
        phase = .handling
        loop.context.counters.requestsInFlight.add()
        let loop = loop
        let number = number
        exchange?.task = Task {
            let response = await call.answer()
            loop.execute { loop in
                loop.context.counters.requestsInFlight.add(-1)
                guard let connection = loop.connection(number), connection.phase == .handling else { return }
                guard let exchange = connection.exchange else { return }
                connection.answer(response, id: exchange.id, thenClose: false)
            }
        }
    }

    /// Answers a request that breaks a rule, or comes too late, and closes: its end cannot be known.
    func refuse(_ error: HTTPError) {
        // Nothing more is parsed, and what has come of a body is not needed any more.
        parser = RequestParser(limits: loop.context.parserLimits)
        if exchange == nil { loop.context.counters.requests.add() }
        let request = exchange?.refused ?? RefusedRequest(id: RequestID(using: &loop.generator))
        answer(loop.context.response(to: error, of: request), id: request.id, thenClose: true)
    }

    /// Finds out whether a client that has ended its input is gone, or merely has no more to ask.
    ///
    /// Both look the same until something is sent. An interim answer is what any client of 1.1 can read and drop
    /// (RFC 9110 section 15.2), and what the system of one that is gone answers with a reset.
    func probe() {
        switch exchange?.farewell {
        case .unsaid:
            // A moment for the handler: most have answered before this is looked at again.
            exchange?.farewell = .said
        case .said where exchange?.head.isHTTP10 == false:
            exchange?.farewell = .probed
            sendInterim(Self.continueLine)
        default: break
        }
    }

    /// The body has not come in time.
    func bodyTimedOut() {
        if let exchange, !exchange.isHandled { conclude(thenClose: true) } else { refuse(.requestTimeout) }
    }

    /// Sends the final answer to the request in flight, or to what was to become one.
    private func answer(_ response: Response, id: RequestID, thenClose: Bool) {
        let keeps = !thenClose && !loop.isDraining && exchange?.head.keepsAlive == true
        let isHead = exchange?.head.method == .head
        let persistence: ResponseEncoder.Persistence =
            keeps ? (exchange?.head.isHTTP10 == true ? .keepAlive : .open) : .close
        let head = loop.encoder.head(of: response, id: id, persistence: persistence)
        let hasContent = !isHead && ResponseEncoder.mayHaveContent(response.status)
        record(response, id: id, bodyBytes: hasContent ? response.body.count : 0)
        let content = hasContent ? (response.body, nil) : ([], nil as FileBody?)
        send(head: head, body: content.0, file: content.1, thenClose: !keeps)
    }

    private func record(_ response: Response, id: RequestID, bodyBytes: Int) {
        loop.context.application.onResponse(
            ResponseRecord(
                id: id,
                method: exchange?.head.method,
                path: exchange?.head.target.path,
                route: exchange?.route,
                status: response.status,
                requestBodyBytes: exchange?.bodyBytes ?? 0,
                bodyBytes: bodyBytes,
                isComplete: true,
                duration: (exchange?.receivedAt ?? receivedAt).map { $0.duration(to: .now) } ?? .zero,
                remoteAddress: peer,
                note: response.note
            )
        )
    }

    private static let continueLine = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
}

extension HTTPField.Name {
    /// `x-request-id`.
    static let xRequestID = HTTPField.Name("x-request-id")
}

extension HTTPFields {
    /// The value of a field whose name may not have been valid.
    fileprivate subscript(name: HTTPField.Name?) -> String? { name.flatMap { self[$0] } }
}
