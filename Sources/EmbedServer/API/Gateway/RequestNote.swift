import Logging

/// What the observer of finished requests cannot see on the wire: what was done, and for whom.
struct RequestNote: Sendable {
    /// What the log adds to what HTTP knows; never the text of an input.
    var facts: Logger.Metadata = [:]
    /// The code of the error, if the answer is one.
    var error: String?
    /// Why the request was refused, if no endpoint has seen it.
    var refusal: String?
    /// How severe the line in the log is, unless the server is at fault.
    var level = Logger.Level.info
}
