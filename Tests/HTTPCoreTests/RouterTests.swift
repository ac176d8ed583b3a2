import HTTPTypes
import Testing

@testable import HTTPCore

@Suite struct RouterTests {
    private static let router: Router = {
        var router = Router()
        for (method, pattern) in [
            (HTTPRequest.Method.get, "/"), (.get, "/v1/models"), (.get, "/v1/models/{id}"), (.post, "/v1/embeddings"),
            (.delete, "/v1/models/{id}"), (.get, "/batch/{id}/output"),
        ] {
            router.on(method, pattern) { _ in Response(status: .ok) }
        }
        return router
    }()

    /// The match as text: pattern and parameters, or the error's status and Allow.
    private func match(_ method: HTTPRequest.Method, _ path: String, in router: Router = router) -> String {
        switch router.match(method, path: path) {
        case .route(let route, let parameters):
            ([route.pattern] + parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }).joined(
                separator: " "
            )
        case .options(let methods): "204 " + methods.map(\.rawValue).joined(separator: ",")
        case .failure(.methodNotAllowed(_, let allowed), _): "405 " + allowed.map(\.rawValue).joined(separator: ",")
        case .failure(let error, _): "\(error.status.code)"
        }
    }

    @Test(
        "finds",
        arguments: [
            (HTTPRequest.Method.get, "/", "/"), (.get, "/v1/models", "/v1/models"), (.get, "/v1/models/", "/v1/models"),
            (.head, "/v1/models", "/v1/models"), (.get, "/v1/models/a", "/v1/models/{id} id=a"),
            (.get, "/v1/models/a/b", "/v1/models/{id} id=a/b"),
            (.get, "/v1/models/a%2Fb%20c", "/v1/models/{id} id=a/b c"),
            (.get, "/v1/models/a/", "/v1/models/{id} id=a"), (.delete, "/v1/models/a", "/v1/models/{id} id=a"),
            (.get, "/batch/7/output", "/batch/{id}/output id=7"), (.get, "/v1/%6Dodels", "/v1/models"),
            (.get, "/batch/7/8/output", "404"), (.get, "/batch//output", "404"), (.get, "/v1", "404"),
            (.get, "/v1/models//", "404"),
            (.get, "//", "/"),
            (.post, "/v1/models", "405 GET,HEAD,OPTIONS"), (.post, "/v1/models/a", "405 GET,DELETE,HEAD,OPTIONS"),
            (.trace, "/", "405 GET,HEAD,OPTIONS"), (.init("BREW")!, "/", "501"),
            (.options, "/v1/embeddings", "204 POST,OPTIONS"),
            (.options, "*", "204 GET,DELETE,POST,HEAD,OPTIONS"), (.options, "/none", "404"),
        ]
    )
    func finds(_ method: HTTPRequest.Method, _ path: String, _ expected: String) {
        #expect(match(method, path) == expected)
    }

    @Test func everyPathComesLast() {
        var router = Router()
        router.on(.get, "*") { _ in Response(status: .ok) }
        router.on(.get, "/a/{b}") { _ in Response(status: .ok) }
        #expect(match(.get, "/a/c", in: router) == "/a/{b} b=c")
        #expect(match(.get, "/x", in: router) == "*")
    }
}
