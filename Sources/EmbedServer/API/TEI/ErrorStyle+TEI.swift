import HTTPTypes
import JSONCore

extension ErrorStyle {
    /// The style of text-embeddings-inference: 422 for whatever is wrong with the body, 424 where the model failed.
    static let tei = ErrorStyle(
        status: { error in
            switch error.status {
            case .badRequest where error.code != "REQUEST_MALFORMED": .unprocessableContent
            case .internalServerError: .failedDependency
            default: error.status
            }
        },
        body: { error, _ in
            var writer = JSONWriter()
            writer.object {
                $0.key("error")
                $0.value(error.message)
                $0.key("error_type")
                $0.value(teiType(error.status))
            }
            return writer.bytes
        }
    )

    private static func teiType(_ status: HTTPResponse.Status) -> String {
        switch status.code {
        case 429: "Overloaded"
        case 503: "Unhealthy"
        case 500, 504: "Backend"
        default: "Validation"
        }
    }
}

extension HTTPResponse.Status {
    /// 424 (RFC 4918 section 11.4).
    fileprivate static let failedDependency = HTTPResponse.Status(code: 424, reasonPhrase: "Failed Dependency")
}
