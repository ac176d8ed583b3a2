import HTTPCore
import JSONCore

/// `GET /openapi.json`: the API in OpenAPI 3.1.
struct OpenAPIEndpoint: Sendable {
    private let document = ConditionalGet(.json(PackageResources.openapi_json))

    /// The document, as `Resources/openapi.json` has it.
    func answer(_ request: Request) -> Answer { document.answer(request) }
}
