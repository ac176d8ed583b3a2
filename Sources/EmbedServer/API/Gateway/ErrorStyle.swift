import HTTPCore
import HTTPTypes

/// How a dialect refuses: the status and the body that its clients understand.
struct ErrorStyle: Sendable {
    /// The status of an error.
    var status: @Sendable (APIError) -> HTTPResponse.Status = { $0.status }
    /// Writes the body of an error.
    var body: @Sendable (APIError, RequestID) -> [UInt8]

    /// The body of `/v1/*`, and of all paths that are nobody's.
    static let standard = ErrorStyle(body: { ErrorBody.encode($0, requestID: $1.rawValue) })
}
