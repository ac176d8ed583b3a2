internal import HTTPTypes
internal import Logging

/// What all event loops of a server share, none of it changing.
struct ServerContext: Sendable {
    let configuration: ServerConfiguration
    let application: Application
    let logger: Logger
    let counters = ServerCounters()
    let slots: ConnectionSlots
    /// Request bodies that are held.
    let bodies: MemoryBudget
    /// Answers that are held, beyond what fits into the output of a connection.
    let answers: MemoryBudget
    let answerQueues: AnswerQueues
    let largeRequests = LargeRequestExecutor()
    /// What every connection is held to.
    let limits: ConnectionLimits
    /// With TLS only.
    let certificates: CertificateStore?

    /// Makes what a server of this configuration shares.
    init(_ configuration: ServerConfiguration, _ application: Application, logger: Logger) {
        self.configuration = configuration
        self.application = application
        self.logger = logger
        slots = ConnectionSlots(limit: configuration.maximumConnections, reserve: configuration.probeConnections)
        bodies = MemoryBudget(limit: configuration.maximumBufferedBodyBytes)
        answers = MemoryBudget(limit: configuration.maximumBufferedAnswerBytes)
        answerQueues = AnswerQueues(count: configuration.eventLoopCount)
        limits = ConnectionLimits(configuration)
        certificates = configuration.tls.map { CertificateStore($0, logger: logger) }
    }

    /// The application's answer to an error.
    func response(to error: HTTPError, of request: RefusedRequest, style: ErrorResponse?) -> Response {
        counters.errors.add()
        return application.response(to: error, of: request, style: style)
    }

    /// Decides what becomes of a request from its head.
    ///
    /// Everything that can be refused is refused here, before a body is asked for.
    ///
    /// - Parameter request: The request without its body.
    func judge(_ head: RequestHead, _ request: Request, of peer: PeerAddress) -> Verdict {
        let limit = configuration.maximumBodyBytes
        func refusal(_ error: HTTPError, _ style: ErrorResponse?, _ route: Route? = nil) -> Verdict {
            let response = response(to: error, of: RefusedRequest(request), style: style)
            return Verdict(request: request, plan: .answer(response), route: route, bodyLimit: limit)
        }
        guard head.expectation != .unknown else { return refusal(.expectationFailed, nil) }
        switch application.router.match(head.method, path: head.target.path) {
        case .failure(let error, let style):
            return refusal(error, style)
        case .options(let methods):
            let response = Response(status: .noContent, fields: [.allow: methods.list])
            return Verdict(request: request, plan: .answer(response), bodyLimit: limit)
        case .route(let route, let parameters):
            var request = request
            request.pathParameters = parameters
            if route.requiresLength {
                guard case .length = head.framing else { return refusal(.lengthRequired, route.errorResponse, route) }
            }
            do throws(HTTPError) {
                return try judge(head, request, route, of: peer)
            } catch {
                return refusal(error, route.errorResponse, route)
            }
        }
    }

    private func judge(
        _ head: RequestHead,
        _ request: Request,
        _ route: Route,
        of peer: PeerAddress
    ) throws(HTTPError) -> Verdict {
        let coding = try head.hasContent ? ContentCoding.named(by: head.fields) : nil
        let limit = route.bodyLimit ?? configuration.maximumBodyBytes
        let plan: Verdict.Plan
        switch route.admit(request) {
        case .handle(let handler): plan = .handle(handler)
        case .handleImmediately(let handler): plan = .handleImmediately(handler)
        case .refuse(let response):
            // A message that nobody could take is answered as such all the same.
            return Verdict(request: request, plan: .answer(response), route: route, bodyLimit: limit)
        }
        // A body that is too long is refused as such, whatever room there is.
        if case .length(let length) = head.framing, length <= limit {
            guard bodies.hasRoom(for: length, of: peer) else { throw .overloaded(.bodies) }
        }
        return Verdict(
            request: request,
            plan: plan,
            route: route,
            coding: coding,
            share: head.hasContent ? MemoryShare(of: bodies, for: peer) : nil,
            bodyLimit: limit
        )
    }
}

extension ConnectionLimits {
    /// Takes them out of a server's configuration.
    init(_ configuration: ServerConfiguration) {
        self.init()
        parser.requestLineBytes = configuration.maximumRequestLineBytes
        parser.fieldSectionBytes = configuration.maximumFieldSectionBytes
        parser.fieldCount = configuration.maximumFieldCount
        inputBytes = configuration.maximumBufferedBytes
        drainedBytes = configuration.maximumDrainedBytes
        lingerBytes = configuration.maximumLingerBytes
        lingerTime = configuration.lingerTimeout * 15
        bodyWindowBytes = Int(Double(configuration.minimumBodyRate) * (configuration.bodyTimeout / .seconds(1)))
    }
}
