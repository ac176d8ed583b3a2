import HTTPCore
import HTTPTypes

/// The routes of files and batches, in the words of both APIs.
struct BatchRoutes {
    /// What every request passes.
    let gateway: Gateway
    /// What runs batches.
    let service: BatchService
    /// Where the models are.
    let state: ServiceState

    /// What a form adds to the file that it carries.
    private static let formBytes = 64 << 10

    /// All of them; methods of one path share a route.
    var all: [Route] {
        let files = FilesEndpoint(service: service)
        let batches = BatchesEndpoint(service: service)
        let jina = JinaBatchEndpoint(batches: batches, state: state)
        return [
            route("/v1/files", [.post: files.upload, .get: files.list], bodyLimit: uploadLimit),
            route("/v1/files/{id}/content", [.get: files.content]),
            route("/v1/files/{id}", [.get: files.show, .delete: files.delete]),
            route("/v1/batches", [.post: batches.create, .get: batches.list]),
            route("/v1/batches/{id}/cancel", [.post: batches.cancel]),
            route("/v1/batches/{id}", [.get: batches.show]),
            route("/v1/batch/embeddings", [.post: jina.create]),
            route("/v1/batch/{id}/output", [.get: jina.output]),
            route("/v1/batch/{id}/errors", [.get: jina.errors]),
            route("/v1/batch/{id}", [.get: jina.show, .delete: jina.cancel]),
        ]
    }

    private var uploadLimit: Int { service.settings.maximumFileBytes + Self.formBytes }

    private typealias Endpoint = @Sendable (Request, APIKey?) async throws(APIError) -> Answer

    private func route(
        _ pattern: String,
        _ endpoints: [HTTPRequest.Method: Endpoint],
        bodyLimit: Int? = nil
    ) -> Route {
        let methods = endpoints.keys.sorted { $0.rawValue < $1.rawValue }
        let handler = gateway.locked(.embed) { request, key throws(APIError) in
            // The router answers HEAD with what GET gets.
            guard let endpoint = endpoints[request.method] ?? endpoints[.get] else {
                throw APIError(HTTPError.methodNotAllowed(method: request.method, allowed: methods))
            }
            return try await endpoint(request, key)
        }
        return Route(methods, pattern, bodyLimit: bodyLimit, handler: handler)
    }
}
