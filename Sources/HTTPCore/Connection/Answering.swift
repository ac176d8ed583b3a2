/// An answer on its way, or about to be; an object for the same reason as `Exchange`.
final class Answering {
    /// Where what is left of the content comes from.
    enum Content {
        /// Nothing is left.
        case none
        /// These octets.
        case octets(ArraySlice<UInt8>)
        /// A stream, which makes a piece when it is asked to.
        case stream(AnswerBody)
    }

    /// How the end of the content is told (RFC 9112 section 6.3).
    enum Framing: Equatable {
        /// There is no content, and no word about it.
        case none
        /// By its length, which is said in front; an answer to HEAD has the length and no content.
        case length(Int)
        /// By the chunked coding.
        case chunked
        /// By closing the connection.
        case close
    }

    var content: Content
    let framing: Framing
    /// Whether the connection ends with it.
    let closes: Bool
    /// What the content holds of the server's memory.
    let share: MemoryShare?
    /// What the observer will be told; octets and duration are filled in at the end.
    var record: ResponseRecord
    /// Whether a piece is being made.
    var isMaking = false
    /// Octets of content that have gone into the output.
    var contentBytes = 0

    /// Makes an answer of which nothing has been sent.
    init(content: Content, framing: Framing, closes: Bool, share: MemoryShare? = nil, record: ResponseRecord) {
        self.content = content
        self.framing = framing
        self.closes = closes
        self.share = share
        self.record = record
    }
}
