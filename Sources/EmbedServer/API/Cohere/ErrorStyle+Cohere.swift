import HTTPCore
import HTTPTypes
import JSONCore

extension ErrorStyle {
    /// Cohere's: a flat body with the message; 400 for whatever is wrong with the body, 404 for a model.
    static let cohere = ErrorStyle(
        status: { error in
            if error.isModelNotFound { return .notFound }
            return error.status == .unprocessableContent ? .badRequest : error.status
        },
        body: { error, id in
            var writer = JSONWriter()
            writer.object {
                $0.key("id")
                $0.value(id.rawValue)
                $0.key("message")
                $0.value(error.message)
            }
            return writer.bytes
        }
    )
}
