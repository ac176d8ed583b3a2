import HTTPCore

extension APIError {
    /// What a request that the HTTP layer refuses is told, in the words and the form of this API.
    init(_ error: HTTPError) {
        let (code, openAICode) = Self.codes(error)
        self.init(status: error.status, code: code, openAICode: openAICode, message: error.message)
    }

    private static func codes(_ error: HTTPError) -> (code: String, openAICode: String) {
        switch error {
        case .badRequest: ("REQUEST_MALFORMED", "malformed_request")
        case .notFound: ("RESOURCE_NOT_FOUND", "not_found")
        case .methodNotAllowed: ("METHOD_NOT_ALLOWED", "method_not_allowed")
        case .requestTimeout: ("REQUEST_TIMEOUT", "request_timeout")
        case .lengthRequired: ("LENGTH_REQUIRED", "length_required")
        case .contentTooLarge: ("REQUEST_TOO_LARGE", "request_too_large")
        case .uriTooLong: ("URI_TOO_LONG", "uri_too_long")
        case .unsupportedContentCoding: ("CONTENT_CODING_UNSUPPORTED", "unsupported_content_coding")
        case .expectationFailed: ("EXPECTATION_FAILED", "expectation_failed")
        case .fieldsTooLarge: ("HEADERS_TOO_LARGE", "headers_too_large")
        case .notImplemented: ("NOT_IMPLEMENTED", "not_implemented")
        case .overloaded, .shuttingDown: ("SERVICE_UNAVAILABLE", "service_unavailable")
        case .versionNotSupported: ("VERSION_NOT_SUPPORTED", "version_not_supported")
        }
    }
}
