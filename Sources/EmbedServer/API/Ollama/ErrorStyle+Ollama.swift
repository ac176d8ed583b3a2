import HTTPTypes
import JSONCore

extension ErrorStyle {
    /// Ollama's: a body with nothing but the message; 400 for whatever is wrong with the body, 404 for a model.
    static let ollama = ErrorStyle(
        status: { error in
            if error.isModelNotFound { return .notFound }
            return error.status == .unprocessableContent ? .badRequest : error.status
        },
        body: { error, _ in
            var writer = JSONWriter()
            writer.object {
                $0.key("error")
                let place = error.parameter.map { " (\($0))" } ?? ""
                $0.value(error.isInputTooLong ? "the input length exceeds the context length\(place)" : error.message)
            }
            return writer.bytes
        }
    )
}
