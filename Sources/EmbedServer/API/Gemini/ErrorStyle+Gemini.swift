import HTTPTypes
import JSONCore

extension ErrorStyle {
    /// Gemini's: google.rpc.Status in JSON; 400 for whatever is wrong with the body, 404 for a model.
    static let gemini = ErrorStyle(
        status: geminiStatus,
        body: { error, _ in
            let status = geminiStatus(error)
            var writer = JSONWriter()
            writer.object {
                $0.key("error")
                $0.object {
                    $0.key("code")
                    $0.value(status.code)
                    $0.key("message")
                    $0.value(error.message)
                    $0.key("status")
                    $0.value(geminiName(status))
                }
            }
            return writer.bytes
        }
    )

    private static func geminiStatus(_ error: APIError) -> HTTPResponse.Status {
        if error.isModelNotFound { return .notFound }
        return error.status == .unprocessableContent ? .badRequest : error.status
    }

    /// The word of google.rpc.Code.
    private static func geminiName(_ status: HTTPResponse.Status) -> String {
        switch status.code {
        case 401: "UNAUTHENTICATED"
        case 403: "PERMISSION_DENIED"
        case 404: "NOT_FOUND"
        case 429: "RESOURCE_EXHAUSTED"
        case 499: "CANCELLED"
        case 500: "INTERNAL"
        case 503: "UNAVAILABLE"
        case 504: "DEADLINE_EXCEEDED"
        default: "INVALID_ARGUMENT"
        }
    }
}
