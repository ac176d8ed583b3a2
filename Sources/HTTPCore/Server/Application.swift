internal import HTTPTypes

/// What a server serves: its routes, how its errors look, and who is told of finished requests.
///
/// The same application is served on sockets by `HTTPServer`, and answers single requests without one.
public struct Application: Sendable {
    /// The routes.
    public var router: Router

    /// Makes the answers to requests that no handler sees, where their route has no way of its own.
    public var errorResponse: ErrorResponse

    /// Called once for each answer, when it has been sent or cannot be; on an event loop: keep it short.
    public var onResponse: @Sendable (ResponseRecord) -> Void

    /// Makes an application.
    public init(
        router: Router,
        errorResponse: @escaping ErrorResponse = HTTPError.defaultResponse,
        onResponse: @escaping @Sendable (ResponseRecord) -> Void = { _ in }
    ) {
        self.router = router
        self.errorResponse = errorResponse
        self.onResponse = onResponse
    }

    /// Answers a request without a socket: finds its route, has it admitted, and asks its handler.
    ///
    /// What belongs to the wire is left out: limits, codings, and `Date` and its like among the fields. The observer is
    /// told as if the answer had been sent.
    public func answer(_ request: Request) async -> Response {
        let (response, route) = await respond(to: request)
        onResponse(
            ResponseRecord(
                id: request.id,
                method: request.method,
                path: request.path,
                route: route,
                status: response.status,
                requestBodyBytes: request.body.count,
                bodyBytes: response.body.count,
                isComplete: true,
                duration: request.receivedAt.duration(to: .now),
                remoteAddress: request.remoteAddress,
                note: response.note
            )
        )
        return response
    }

    private func respond(to request: Request) async -> (Response, route: String?) {
        switch router.match(request.method, path: request.path) {
        case .failure(let error, let resource):
            return (response(to: error, of: RefusedRequest(request), style: resource), nil)
        case .options(let methods):
            return (Response(status: .noContent, fields: [.allow: methods.list]), nil)
        case .route(let route, let parameters):
            var request = request
            request.pathParameters = parameters
            if let limit = route.bodyLimit, request.body.count > limit {
                let error = HTTPError.contentTooLarge(limit: limit)
                return (response(to: error, of: RefusedRequest(request), style: route.errorResponse), route.pattern)
            }
            var head = request
            head.body = []
            switch route.admit(head) {
            case .handle(let handler): return (await handler(request), route.pattern)
            case .handleImmediately(let handler): return (handler(request), route.pattern)
            case .refuse(let response): return (response, route.pattern)
            }
        }
    }

    /// The answer to an error in the route's style or the application's, with the fields that RFC 9110 asks for.
    func response(to error: HTTPError, of request: RefusedRequest, style: ErrorResponse?) -> Response {
        var response = (style ?? errorResponse)(error, request)
        switch error {
        case .methodNotAllowed(_, let allowed): response.fields[.allow] = allowed.list
        case .unsupportedContentCoding: response.fields[.acceptEncoding] = ContentCoding.accepted
        case .overloaded: response.fields[.retryAfter] = "1"
        default: break
        }
        return response
    }
}

extension [HTTPRequest.Method] {
    /// The value of `Allow`.
    var list: String { map(\.rawValue).joined(separator: ", ") }
}
