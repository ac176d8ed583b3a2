public import HTTPTypes

/// Answers one request.
///
/// Runs in a task of its own off the event loops, which is cancelled when the client goes away. It may suspend, but
/// must not block the thread it runs on for long: there are only as many as CPUs.
public typealias Handler = @Sendable (Request) async -> Response

/// Answers one request on the event loop itself, without waiting for a thread.
///
/// For answers that take microseconds and must come even while every other thread is busy, such as those to probes: all
/// connections of the loop wait meanwhile.
public typealias ImmediateHandler = @Sendable (Request) -> Response

/// Makes the answer to a request that no handler sees.
public typealias ErrorResponse = @Sendable (HTTPError, RefusedRequest) -> Response

/// What is decided about a request from its head alone.
public enum Admission: Sendable {
    /// Read the body, then ask this handler.
    case handle(Handler)
    /// Read the body, then ask this handler on the event loop.
    case handleImmediately(ImmediateHandler)
    /// Do not ask for the body; this is the answer.
    case refuse(Response)
}

/// What one path answers to some methods.
public struct Route: Sendable {
    /// The methods; GET stands for HEAD too, and the server leaves the body out.
    public var methods: [HTTPRequest.Method]

    /// The paths that the route takes.
    ///
    /// A literal path such as `/v1/embeddings`. In it, `{name}` stands for one segment or, at the end, for all the rest,
    /// slashes included: `/v1/models/{id}`. The pattern `*` stands for every path.
    public var pattern: String

    /// Octets of the decoded body; nil for the server's limit.
    public var bodyLimit: Int?

    /// Whether a request without a Content-Length is refused with 411.
    public var requiresLength = false

    /// Whether the route is served on the connections that are kept for probes, where nothing else is.
    public var isProbe = false

    /// Makes the answers to requests of this route that no handler sees; nil for the server's own way.
    public var errorResponse: ErrorResponse?

    /// Decides about a request whose head is complete, before `100 Continue` and before any octet of a body.
    ///
    /// Called on the event loop: keep it short. The request has no body yet; what `admit` finds out travels in the handler
    /// that it returns.
    public var admit: @Sendable (Request) -> Admission

    /// Makes a route that takes every request.
    public init(
        _ methods: [HTTPRequest.Method],
        _ pattern: String,
        bodyLimit: Int? = nil,
        requiresLength: Bool = false,
        handler: @escaping Handler
    ) {
        self = .admitting(methods, pattern, bodyLimit: bodyLimit) { _ in .handle(handler) }
        self.requiresLength = requiresLength
    }

    private init(
        methods: [HTTPRequest.Method],
        pattern: String,
        bodyLimit: Int?,
        admit: @escaping @Sendable (Request) -> Admission
    ) {
        self.methods = methods
        self.pattern = pattern
        self.bodyLimit = bodyLimit
        self.admit = admit
    }

    /// Makes a route that decides about each request from its head.
    ///
    /// No initializer: the compiler could not tell its closure from a handler.
    public static func admitting(
        _ methods: [HTTPRequest.Method],
        _ pattern: String,
        bodyLimit: Int? = nil,
        admit: @escaping @Sendable (Request) -> Admission
    ) -> Route {
        Route(methods: methods, pattern: pattern, bodyLimit: bodyLimit, admit: admit)
    }

    /// Makes a route that takes every request and is answered on the event loops.
    public static func immediate(
        _ methods: [HTTPRequest.Method],
        _ pattern: String,
        handler: @escaping ImmediateHandler
    ) -> Route {
        .admitting(methods, pattern) { _ in .handleImmediately(handler) }
    }
}
