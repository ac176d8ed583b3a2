public import HTTPTypes

/// Finds the route for a method and a path.
///
/// A literal path wins over a pattern with `{name}` parts, and those win, in the order they were added, over `*`.
/// One trailing slash is ignored. `HEAD` is served by `GET`; `OPTIONS` is answered with 204 and `Allow` unless a route
/// takes it; a known path with another method is 405 with `Allow`; the rest is 404. A method that neither RFC 9110,
/// RFC 5789 nor a route knows is 501 (RFC 9110 section 9.1).
public struct Router: Sendable {
    /// All routes of one pattern.
    private struct Resource: Sendable {
        let pattern: PathPattern
        var routes: [Route]
    }

    /// What a request head leads to.
    enum Match {
        /// Call the route's handler.
        case route(Route, parameters: [String: String])
        /// Answer 204 with these methods in `Allow`.
        case options([HTTPRequest.Method])
        /// Answer with an error, in the style of the routes at this path.
        case failure(HTTPError, ErrorResponse?)
    }

    private var resources: [Resource] = []
    private var literals: [String: Int] = [:]

    /// The methods of RFC 9110 section 9.3 and RFC 5789: recognised everywhere, so their refusal is 405, not 501.
    ///
    /// CONNECT is not among them: this server is no proxy, and has no path that a tunnel could be refused for.
    private static let recognised: [HTTPRequest.Method] = [
        .get, .head, .post, .put, .patch, .delete, .options, .trace,
    ]

    /// Makes a router with `routes`.
    public init(_ routes: [Route] = []) {
        for route in routes { add(route) }
    }

    /// Adds a route; for a method and pattern added before, the earlier route stays.
    public mutating func add(_ route: Route) {
        let pattern = PathPattern(route.pattern)
        if let position = resources.firstIndex(where: { $0.pattern == pattern }) {
            resources[position].routes.append(route)
            return
        }
        if pattern.isLiteral { literals[pattern.text] = resources.count }
        resources.append(Resource(pattern: pattern, routes: [route]))
    }

    /// Adds a route for one method: `router.on(.post, "/v1/embeddings") { request in ... }`.
    public mutating func on(
        _ method: HTTPRequest.Method,
        _ pattern: String,
        bodyLimit: Int? = nil,
        requiresLength: Bool = false,
        handler: @escaping Handler
    ) {
        add(Route([method], pattern, bodyLimit: bodyLimit, requiresLength: requiresLength, handler: handler))
    }

    /// Decides about a request head.
    func match(_ method: HTTPRequest.Method, path: String) -> Match {
        guard Self.recognised.contains(method) || resources.contains(where: { $0.routes.methods.contains(method) })
        else {
            return .failure(.notImplemented(what: "the method \(method.rawValue)"), nil)
        }
        if path == "*" { return .options(Self.allowed(resources.flatMap(\.routes))) }
        guard let (resource, parameters) = resource(at: path) else { return .failure(.notFound(path: path), nil) }
        if let route = resource.routes.first(where: { $0.methods.contains(method) })
            ?? (method == .head ? resource.routes.first { $0.methods.contains(.get) } : nil)
        {
            return .route(route, parameters: parameters)
        }
        let allowed = Self.allowed(resource.routes)
        if method == .options { return .options(allowed) }
        // No dialect's, if routes of several meet here: nobody can tell which the client speaks.
        let style = resource.routes.allSatisfy { $0.errorResponse != nil } ? resource.routes.first?.errorResponse : nil
        return .failure(.methodNotAllowed(method: method, allowed: allowed), style)
    }

    private func resource(at path: String) -> (Resource, [String: String])? {
        let path = PathPattern.withoutTrailingSlash(path)
        if let position = literals[path] { return (resources[position], [:]) }
        let segments = PathPattern.split(path)
        for resource in resources where !resource.pattern.isAny {
            if let parameters = resource.pattern.match(segments) { return (resource, parameters) }
        }
        return resources.first { $0.pattern.isAny }.map { ($0, [:]) }
    }

    /// The methods for `Allow`, each once, with those that the server answers by itself.
    private static func allowed(_ routes: [Route]) -> [HTTPRequest.Method] {
        var methods: [HTTPRequest.Method] = []
        for method in routes.methods where !methods.contains(method) { methods.append(method) }
        if methods.contains(.get), !methods.contains(.head) { methods.append(.head) }
        if !methods.contains(.options) { methods.append(.options) }
        return methods
    }
}

extension [Route] {
    /// The methods of all routes, with repeats.
    fileprivate var methods: [HTTPRequest.Method] { flatMap(\.methods) }
}
