import HTTPCore
import HTTPTypes
import Logging

/// A response, and what the access log should say about it.
struct Answer: Sendable {
    /// What the client gets.
    var response: Response
    /// What the log adds to what HTTP knows; never the text of an input.
    var facts: Logger.Metadata
    /// The code of the error, if it is one.
    var error: String?
    /// Why the request was refused, if no endpoint has seen it.
    var refusal: String?

    /// Makes a response worth logging.
    init(_ response: Response, facts: Logger.Metadata = [:]) {
        self.response = response
        self.facts = facts
    }

    /// Makes the answer of an endpoint to a request that it refuses.
    init(_ error: APIError, id: RequestID, style: ErrorStyle = .standard) {
        response = error.response(id: id, style: style)
        self.error = error.code
        facts = error.cause.map { ["cause": .string($0)] } ?? [:]
    }

    /// Makes the answer to a request that no endpoint sees.
    init(refusing error: APIError, id: RequestID, style: ErrorStyle) {
        self.init(error, id: id, style: style)
        refusal = error.message
    }
}

extension APIError {
    /// The longest wait that clients honour: openai-node ignores more than 60 s, openai-python more than 120 s.
    private static let longestRetryAfter = Duration.seconds(59)

    /// Status, fields and body of the error.
    func response(id: RequestID, style: ErrorStyle = .standard) -> Response {
        var fields = HTTPFields()
        if status == .unauthorized { fields[.wwwAuthenticate] = "Bearer" }
        if let retryAfter {
            // Whole seconds for everybody, milliseconds for the OpenAI SDKs, which read both.
            let milliseconds = Int(min(retryAfter, Self.longestRetryAfter).milliseconds.rounded(.up))
            fields[.retryAfter] = String((milliseconds + 999) / 1_000)
            fields[.retryAfterMilliseconds] = String(milliseconds)
            // The SDKs would come back far too early.
            if retryAfter > Self.longestRetryAfter { fields[.xShouldRetry] = "false" }
        }
        return .json(style.body(self, id), status: style.status(self), fields: fields)
    }
}
