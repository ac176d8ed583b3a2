/// An answer on its way, or about to be.
struct Answering {
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
    var framing: Framing
    /// Whether the connection ends with it.
    var closes: Bool
    /// What the content holds of the server's memory.
    var share: MemoryShare?
    /// What the observer will be told; octets and duration are filled in at the end.
    var record: ResponseRecord
    /// Whether a piece is being made.
    var isMaking = false
    /// Octets of content that have gone into the output.
    var contentBytes = 0
}
