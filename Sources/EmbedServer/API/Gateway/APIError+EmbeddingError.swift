import HTTPTypes
import InferenceCore
import JSONCore

extension APIError {
    /// What a failure of the engine means for the client.
    ///
    /// - Parameters:
    ///   - count: the number of inputs, to name the one at fault.
    ///   - names: what the dialect calls them.
    init(_ error: EmbeddingError, inputs count: Int, names: FieldNames = .standard) {
        switch error {
        case .inputTooLong(let index, let limit):
            self = .inputTooLong(names.input(index, of: count), limit: limit)
        case .tooManyTokens(let count, let limit):
            self = .invalid(
                names.input,
                type: "too_long",
                "\(names.input) should have at most \(limit) tokens together, not \(count): split the request."
            )
        case .tokenOutOfRange(let index, let id, let vocabularySize):
            let place = names.input(index, of: count)
            self = .invalid(
                place,
                type: "value_error",
                input: .integer(Int(id)),
                "\(place) holds the token id \(id); the model's vocabulary has \(vocabularySize)."
            )
        case .emptyTokens(let index):
            let place = names.input(index, of: count)
            self = .invalid(place, type: "too_short", "\(place) holds no token ids.")
        case .dimensionsOutOfRange(let requested, let range):
            self = .invalid(
                names.dimensions,
                type: "value_error",
                input: .integer(requested),
                "\(names.dimensions) should be from \(range.lowerBound) to \(range.upperBound)."
            )
        case .taskNotServed(let requested, let available):
            let served = available.map(\.rawValue).joined(separator: ", ")
            self = .invalid(
                names.task,
                type: "enum",
                input: .string(requested.rawValue),
                "This model was not trained for the task '\(requested.rawValue)'. It serves: \(served)."
            )
        case .overloaded(let retryAfter):
            self.init(
                status: .tooManyRequests,
                code: "RATE_CONCURRENCY_LIMIT_EXCEEDED",
                openAICode: "rate_limit_exceeded",
                message: "The server is busy: too much work is waiting. Try again later.",
                retryAfter: retryAfter
            )
        case .deadlineExceeded: self = .deadlineExceeded
        case .cancelled:
            // Nobody reads this answer; the status is the one nginx logs for a client that went away.
            self.init(
                status: HTTPResponse.Status(code: 499, reasonPhrase: "Client Closed Request"),
                code: "REQUEST_CANCELLED",
                openAICode: "request_cancelled",
                message: "The client closed the connection."
            )
        case .shuttingDown: self = .unavailable("The server is shutting down.")
        case .notFinite(let index):
            self = .internalError("The model gave no finite vector for \(names.input(index, of: count)).")
        case .computeFailed(let reason):
            self = .internalError("The server failed to compute the embeddings.", cause: reason)
        }
    }

    /// An input over the model's limit: 400.
    ///
    /// Besides Jina's sentence the message has the two that litellm and
    /// Elasticsearch look for in OpenAI's.
    private static func inputTooLong(_ place: String, limit: Int) -> APIError {
        APIError(
            status: .badRequest,
            code: "INPUT_TOKEN_LIMIT_EXCEEDED",
            openAICode: "context_length_exceeded",
            message: """
                Input text exceeds the model's maximum of \(limit) tokens. Use 'truncate: true' to automatically \
                truncate, or split into smaller chunks. This model's maximum context length is \(limit) tokens; \
                \(place) has more. Please reduce your prompt; or completion length.
                """,
            parameter: place
        )
    }
}
