import HTTPTypes
import JSONCore

/// Why a request to `/v1/*` is refused: the status and everything its body says.
///
/// One body serves the readers of three APIs: `detail` (always a string) and `code` for Jina's clients, `errors` for
/// those of FastAPI's validation errors, `error` with all four members for OpenAI's.
struct APIError: Error, Equatable {
    /// The HTTP status.
    var status: HTTPResponse.Status
    /// Jina's code, for example `INPUT_TOKEN_LIMIT_EXCEEDED`.
    var code: String
    /// OpenAI's code, for example `model_not_found`.
    var openAICode: String
    /// What is wrong and what to do, in one or two sentences.
    var message: String
    /// The field at fault as OpenAI names it, for example `input[3]`.
    var parameter: String?
    /// What failed validation; only with status 422.
    var violation: Violation?
    /// How long to wait before another attempt; only with status 429.
    var retryAfter: Duration?
    /// What only the log says.
    var cause: String?

    /// One entry of the `errors` list.
    struct Violation: Equatable {
        /// The kind of fault in pydantic's words, for example `less_than_equal`.
        var type: String
        /// The value at fault; `null` where it is missing or not a scalar.
        var input: JSONValue
    }

    /// Whether no model has the name that was asked for.
    var isModelNotFound: Bool { code == "INPUT_MODEL_NOT_FOUND" }

    /// Whether an input is over the model's limit.
    var isInputTooLong: Bool { code == "INPUT_TOKEN_LIMIT_EXCEEDED" }

    /// OpenAI's class of the error.
    var openAIType: String {
        switch status.kind {
        case .serverError: "server_error"
        default: status == .tooManyRequests ? "requests" : "invalid_request_error"
        }
    }
}

extension APIError {
    /// A value that breaks the schema: 422.
    ///
    /// - Parameters:
    ///   - field: the field, with an index where it is a list: `dimensions`, `input[3]`; `nil` for the whole body.
    ///   - type: the kind of fault in pydantic's words.
    ///   - input: the value at fault; only scalars of modest size are repeated in the answer.
    static func invalid(_ field: String?, type: String, input: JSONValue = .null, _ message: String) -> APIError {
        APIError(
            status: .unprocessableContent,
            code: "VALIDATION_ERROR",
            openAICode: "validation_error",
            message: message,
            parameter: field,
            violation: Violation(type: type, input: input.isEchoable ? input : .null)
        )
    }

    /// An option or an input that the schema knows and this server does not serve: 400.
    static func unsupported(_ field: String, _ message: String) -> APIError {
        APIError(
            status: .badRequest,
            code: "INPUT_UNSUPPORTED",
            openAICode: "unsupported_value",
            message: message,
            parameter: field
        )
    }

    /// Octets in a string that are not UTF-8: 400.
    static func invalidUTF8(_ message: String) -> APIError {
        APIError(status: .badRequest, code: "INPUT_INVALID_ENCODING", openAICode: "invalid_encoding", message: message)
    }

    /// A body of more JSON values than are read: 413.
    static func tooManyValues(limit: Int) -> APIError {
        APIError(
            status: .contentTooLarge,
            code: "REQUEST_TOO_LARGE",
            openAICode: "request_too_large",
            message: "The body holds more than \(limit) JSON values. Split the request."
        )
    }

    /// More inputs than one request may carry: 400, in the hosted API's words.
    static func tooManyInputs(_ count: Int, limit: Int, field: String) -> APIError {
        APIError(
            status: .badRequest,
            code: "INPUT_LIMIT_EXCEEDED",
            openAICode: "too_many_inputs",
            message: "\(field) length is larger than the largest allowed size \(limit): \(count) items",
            parameter: field
        )
    }

    /// A name that no model here has: 400, as the hosted API answers.
    static func modelNotFound(_ name: String, available: [String]) -> APIError {
        APIError(
            status: .badRequest,
            code: "INPUT_MODEL_NOT_FOUND",
            openAICode: "model_not_found",
            message: "Model '\(name)' not found. Available models: \(available.joined(separator: ", "))",
            parameter: "model"
        )
    }

    /// The server cannot embed yet, or no longer: 503.
    static func unavailable(_ message: String) -> APIError {
        APIError(
            status: .serviceUnavailable,
            code: "SERVICE_UNAVAILABLE",
            openAICode: "service_unavailable",
            message: message
        )
    }

    /// The time that the client or the operator allows a request is over: 504.
    static let deadlineExceeded = APIError(
        status: .gatewayTimeout,
        code: "SERVICE_TIMEOUT",
        openAICode: "timeout",
        message: "The time allowed for this request ran out before its embeddings were computed."
    )

    /// A fault of the server: 500.
    ///
    /// - Parameter cause: what the log says; the client is not told.
    static func internalError(_ message: String, cause: String? = nil) -> APIError {
        APIError(
            status: .internalServerError,
            code: "INTERNAL_ERROR",
            openAICode: "internal_error",
            message: message,
            cause: cause
        )
    }
}

extension JSONValue {
    /// Whether repeating the value in an error helps and JSON can: scalars, but no long texts, and no `1e999`.
    fileprivate var isEchoable: Bool {
        switch self {
        case .null, .bool, .integer: true
        case .double(let number): number.isFinite
        case .string(let text): text.utf8.count <= 64
        case .array, .object: false
        }
    }
}
