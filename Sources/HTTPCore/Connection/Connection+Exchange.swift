internal import HTTPTypes

/// From the head of a request to its answer.
extension Connection {
    /// A head is complete: routes it, and says what happens to the body.
    ///
    /// Everything that can be refused is refused here, before a body is asked for or waited for.
    func begin(_ head: RequestHead, bodyHasBegun: Bool) throws(HTTPError) {
        loop.context.counters.requests.add()
        let id = head.fields[.xRequestID].flatMap { RequestID($0) } ?? RequestID(using: &loop.generator)
        do {
            let (plan, limit) = try self.plan(head, id: id)
            exchange = makeExchange(head, id: id, plan: plan)
            guard case .handle = plan else { return readOff() }
            try parser.startBody(limit: limit, keepsContent: true)
            if head.framing != .none, head.framing != .length(0) {
                exchange?.bodyBeganAt = .now
                setDeadline(.body)
                // RFC 9110 section 10.1.1: a 100 may be left out once the body has begun to come.
                if head.expectation == .continueRequested, !bodyHasBegun {
                    sendInterim(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
                }
            }
        } catch {
            exchange = makeExchange(head, id: id, plan: .answer(errorResponse(error, id: id)))
            readOff()
        }
    }

    private func makeExchange(_ head: RequestHead, id: RequestID, plan: Exchange.Plan) -> Exchange {
        Exchange(head: head, id: id, receivedAt: receivedAt ?? .now, plan: plan)
    }

    /// Finds the route, and checks what the head says about the body against it.
    private func plan(_ head: RequestHead, id: RequestID) throws(HTTPError) -> (Exchange.Plan, bodyLimit: Int) {
        switch loop.context.router.match(head.method, path: head.target.path) {
        case .failure(let error):
            throw error
        case .options(let methods):
            return (.answer(Response(status: .noContent, fields: [.allow: Self.list(methods)])), 0)
        case .route(let route, let parameters):
            guard head.expectation != .unknown else { throw .expectationFailed }
            if route.requiresLength {
                guard case .length = head.framing else { throw .lengthRequired }
            }
            let limit = route.bodyLimit ?? loop.context.configuration.maximumBodyBytes
            return (.handle(route, parameters: parameters), limit)
        }
    }

    /// Has a body that nobody wants read off before the answer, or, if it is too long for that, answers and closes.
    private func readOff() {
        guard let exchange, case .answer(let response) = exchange.plan else { return }
        let hasBody = exchange.head.framing != .none
        // A client that waits for a 100 may never send its body after a final answer: then there is nothing to read.
        guard !hasBody || exchange.head.expectation == .none else { return answer(response, thenClose: true) }
        do {
            let limit = loop.context.configuration.maximumDrainedBytes
            try parser.startBody(limit: limit, keepsContent: false)
            self.exchange?.bodyBeganAt = .now
            if hasBody { setDeadline(.body) }
        } catch {
            answer(response, thenClose: true)
        }
    }

    /// The body is complete: starts the handler, or sends the answer that is known already.
    func complete(body: [UInt8], trailers: HTTPFields) {
        guard let exchange else { return }
        clearDeadline()
        self.exchange?.bodyBytes = body.count
        switch exchange.plan {
        case .answer(let response):
            answer(response, thenClose: false)
        case .handle(let route, let parameters):
            let head = exchange.head
            let request = Request(
                head: HTTPRequest(
                    method: head.method,
                    scheme: "http",
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
            run(route.handler, on: request)
        }
    }

    /// Runs the handler in a task of its own; its answer comes back to the loop, and finds the connection or does not.
    private func run(_ handler: @escaping Handler, on request: Request) {
        phase = .handling
        loop.context.counters.requestsInFlight.add()
        let loop = loop
        let number = number
        exchange?.task = Task {
            let response = await handler(request)
            loop.execute { loop in
                loop.context.counters.requestsInFlight.add(-1)
                guard let connection = loop.connection(number), connection.phase == .handling else { return }
                connection.answer(response, thenClose: false)
            }
        }
    }

    /// Answers a request that breaks a rule, or comes too late, and closes: its end cannot be known.
    func refuse(_ error: HTTPError) {
        if let exchange, case .answer(let response) = exchange.plan, case .contentTooLarge = error {
            // The body that was being read off is longer than that is worth.
            return answer(response, thenClose: true)
        }
        if exchange == nil { loop.context.counters.requests.add() }
        let id = exchange?.id ?? RequestID(using: &loop.generator)
        answer(errorResponse(error, id: id), id: id, thenClose: true)
    }

    /// The body has not come in time.
    func bodyTimedOut() {
        if let exchange, case .answer(let response) = exchange.plan {
            answer(response, thenClose: true)
        } else {
            refuse(.requestTimeout)
        }
    }

    /// The application's answer to an error, with the fields that RFC 9110 asks for.
    private func errorResponse(_ error: HTTPError, id: RequestID) -> Response {
        loop.context.counters.errors.add()
        var response = loop.context.errorResponse(error, id)
        if case .methodNotAllowed(_, let allowed) = error { response.fields[.allow] = Self.list(allowed) }
        return response
    }

    /// Sends the final answer to the request in flight.
    private func answer(_ response: Response, thenClose: Bool) {
        guard let exchange else { return }
        answer(response, id: exchange.id, thenClose: thenClose)
    }

    private func answer(_ response: Response, id: RequestID, thenClose: Bool) {
        let keeps = !thenClose && !loop.isDraining && exchange?.head.keepsAlive == true
        let isHead = exchange?.head.method == .head
        let persistence: ResponseEncoder.Persistence =
            keeps ? (exchange?.head.isHTTP10 == true ? .keepAlive : .open) : .close
        let head = loop.encoder.head(of: response, id: id, persistence: persistence)
        let hasContent = !isHead && ResponseEncoder.mayHaveContent(response.status)
        record(response, id: id, bodyBytes: hasContent ? response.body.count : 0)
        send(head: head, body: hasContent ? response.body : [], thenClose: !keeps)
    }

    private func record(_ response: Response, id: RequestID, bodyBytes: Int) {
        loop.context.onResponse(
            ResponseRecord(
                id: id,
                method: exchange?.head.method,
                path: exchange?.head.target.path,
                route: exchange?.route,
                status: response.status,
                requestBodyBytes: exchange?.bodyBytes ?? 0,
                bodyBytes: bodyBytes,
                duration: (exchange?.receivedAt ?? receivedAt).map { $0.duration(to: .now) } ?? .zero,
                remoteAddress: peer
            )
        )
    }

    private static func list(_ methods: [HTTPRequest.Method]) -> String {
        methods.map(\.rawValue).joined(separator: ", ")
    }
}

extension HTTPField.Name {
    /// `x-request-id`.
    static let xRequestID = HTTPField.Name("x-request-id")
}

extension HTTPFields {
    /// The value of a field whose name may not have been valid.
    fileprivate subscript(name: HTTPField.Name?) -> String? { name.flatMap { self[$0] } }
}
