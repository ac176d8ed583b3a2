import HTTPTypes
import InferenceCore
import JSONCore

/// What the header fields of a request ask of the scheduler.
struct SchedulingFields: Equatable {
    /// `X-Priority`: `interactive` or `bulk`; `nil` leaves it to the engine.
    var priority: Priority?
    /// `X-Request-Timeout`: the seconds, whole or decimal, after which the client does not want the answer any more.
    var timeout: Duration?

    /// Reads the fields.
    ///
    /// A value that means nothing is refused, because ignoring it would do the opposite of what the client asked for.
    init(_ fields: HTTPFields) throws(APIError) {
        if let text = fields[.priority] {
            guard let priority = Priority(rawValue: text.lowercased()) else {
                let words = Priority.allCases.map(\.rawValue).joined(separator: " or ")
                throw .invalid("X-Priority", type: "enum", input: .string(text), "X-Priority should be \(words).")
            }
            self.priority = priority
        }
        if let text = fields[.requestTimeout] {
            guard let seconds = Double(text), seconds > 0, seconds <= 1e6 else {
                throw .invalid(
                    "X-Request-Timeout",
                    type: "float_parsing",
                    input: .string(text),
                    "X-Request-Timeout should be a number of seconds above 0."
                )
            }
            timeout = .seconds(seconds)
        }
    }
}
