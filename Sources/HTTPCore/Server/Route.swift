public import HTTPTypes

/// Answers one request.
///
/// Runs in a task of its own off the event loops, which is cancelled when the client goes away. It may suspend, but
/// must not block the thread it runs on for long: there are only as many as CPUs.
public typealias Handler = @Sendable (Request) async -> Response

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
}
