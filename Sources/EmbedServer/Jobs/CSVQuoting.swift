/// What quotes make of the octets of comma-separated values (RFC 4180).
///
/// A quote opens a field only at its start; elsewhere in a field without quotes it stands for itself, as in `5" disk`.
struct CSVQuoting {
    /// What an octet is.
    enum Meaning {
        /// Part of a field's value.
        case content
        /// The end of a field.
        case separator
        /// A quote around a value, or the first of a pair.
        case quote
    }

    private enum State { case start, plain, quoted, closed }

    private var state = State.start

    /// Whether a field is open whose line ends belong to it.
    var isOpen: Bool { state == .quoted }

    /// Reads the next octet.
    mutating func read(_ octet: UInt8) -> Meaning {
        switch (state, octet) {
        case (.start, UInt8(ascii: "\"")):
            state = .quoted
            return .quote
        case (.quoted, UInt8(ascii: "\"")):
            state = .closed
            return .quote
        case (.closed, UInt8(ascii: "\"")):
            state = .quoted
            return .content
        case (.quoted, _):
            return .content
        case (_, UInt8(ascii: ",")):
            state = .start
            return .separator
        default:
            state = .plain
            return .content
        }
    }
}
