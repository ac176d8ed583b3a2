import HTTPCore
import HTTPTypes
import Logging

/// A response, and what the access log should say about it.
struct Answer: Sendable {
    /// What the client gets.
    var response: Response
    /// What the access log adds to id, path, status and duration; never the text of an input.
    var facts: Logger.Metadata = [:]

    /// Makes a response worth logging.
    init(_ response: Response, facts: Logger.Metadata = [:]) {
        self.response = response
        self.facts = facts
    }

    /// Makes the response to a request that is refused.
    init(_ error: APIError, to request: Request) {
        response = error.response(id: request.id)
        facts = ["error": .string(error.code)]
        if let cause = error.cause { facts["cause"] = .string(cause) }
    }
}

extension APIError {
    /// Status, fields and body of the error.
    func response(id: RequestID) -> Response {
        var fields = HTTPFields()
        if status == .unauthorized { fields[.wwwAuthenticate] = "Bearer" }
        if let retryAfter {
            // Whole seconds for everybody, milliseconds for the OpenAI SDKs, which read both.
            let milliseconds = Int(retryAfter.milliseconds.rounded(.up))
            fields[.retryAfter] = String((milliseconds + 999) / 1_000)
            fields[.retryAfterMilliseconds] = String(milliseconds)
        }
        return .json(ErrorBody.encode(self, requestID: id.rawValue), status: status, fields: fields)
    }
}

extension HTTPField.Name {
    // swift-format-ignore: NeverForceUnwrap
    fileprivate static let retryAfterMilliseconds = HTTPField.Name("retry-after-ms")!
}

extension Duration {
    /// Milliseconds with three decimals: finer than any clock here is true.
    var milliseconds: Double {
        let microseconds = components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
        return Double(microseconds) / 1_000
    }
}
