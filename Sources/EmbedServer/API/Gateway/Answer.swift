import HTTPCore
import HTTPTypes
import Logging

/// A response, and what the access log should say about it.
struct Answer: Sendable {
    /// What the client gets.
    var response: Response
    /// What the access log adds to id, path, status and duration; never the text of an input.
    var facts: Logger.Metadata = [:]
    /// The code of the error, if it is one.
    var error: String?

    /// Makes a response worth logging.
    init(_ response: Response, facts: Logger.Metadata = [:]) {
        self.response = response
        self.facts = facts
    }

    /// Makes the response to a request that is refused.
    init(_ error: APIError, to request: Request, style: ErrorStyle = .standard) {
        response = error.response(id: request.id, style: style)
        self.error = error.code
        facts = ["error": .string(error.code)]
        if let cause = error.cause { facts["cause"] = .string(cause) }
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
