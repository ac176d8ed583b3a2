/// Why a text is not the JSON that was asked for, and where.
public struct JSONError: Error, Equatable, CustomStringConvertible {
    /// What kind of fault it is.
    public enum Kind: Sendable, Equatable {
        /// The text breaks the grammar of RFC 8259.
        case syntax
        /// A string holds octets that are not UTF-8.
        case invalidUTF8
        /// Arrays and objects are nested deeper than the parser allows.
        case tooDeep
        /// The document holds more values than the parser allows.
        case tooManyValues
    }

    /// What kind of fault it is.
    public let kind: Kind
    /// What is wrong, in words.
    public let reason: String
    /// Where: octets from the start of the document.
    public let offset: Int

    /// The fault in one line.
    public var description: String { "\(reason) at byte \(offset)" }
}
