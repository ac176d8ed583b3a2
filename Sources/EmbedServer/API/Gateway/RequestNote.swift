import HTTPCore
import Logging

/// What the observer of finished requests cannot see on the wire: what was done, and for whom.
final class RequestNote: ResponseNote {
    /// What the log adds to what HTTP knows; never the text of an input.
    let facts: Logger.Metadata
    /// The code of the error, if the answer is one.
    let error: String?
    /// Why the request was refused, if no endpoint has seen it.
    let refusal: String?
    /// How severe the line in the log is, unless the server is at fault.
    let level: Logger.Level

    /// The note of an answer of which there is nothing to say.
    static let none = RequestNote()
    /// The note of a probe of which there is nothing to say: they are many, and share it.
    static let probe = RequestNote(level: .debug)

    /// Makes a note.
    init(
        facts: Logger.Metadata = [:],
        error: String? = nil,
        refusal: String? = nil,
        level: Logger.Level = .info
    ) {
        self.facts = facts
        self.error = error
        self.refusal = refusal
        self.level = level
    }
}
