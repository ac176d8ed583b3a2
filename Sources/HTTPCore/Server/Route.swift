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
    public var requiresLength: Bool

    /// Answers the requests.
    public var handler: Handler

    /// Answers the requests in place of `handler`, if there is one.
    private(set) var immediateHandler: ImmediateHandler?

    /// Makes a route.
    public init(
        _ methods: [HTTPRequest.Method],
        _ pattern: String,
        bodyLimit: Int? = nil,
        requiresLength: Bool = false,
        handler: @escaping Handler
    ) {
        self.methods = methods
        self.pattern = pattern
        self.bodyLimit = bodyLimit
        self.requiresLength = requiresLength
        self.handler = handler
    }

    /// Makes a route that is answered on the event loops.
    ///
    /// No initializer: the compiler would take it for every trailing closure that does not wait.
    public static func immediate(
        _ methods: [HTTPRequest.Method],
        _ pattern: String,
        handler: @escaping ImmediateHandler
    ) -> Route {
        var route = Route(methods, pattern, handler: { handler($0) })
        route.immediateHandler = handler
        return route
    }
}
