/// The content of an answer, made piece by piece as the client takes it.
///
/// However long the content is, only what a piece is made of has to be in memory, and one piece. Pieces are made off the
/// event loops, one at a time, and never after the connection has ended.
public protocol BodyStream: Sendable {
    /// Octets of all pieces together, where they are known before the first is made.
    var length: Int? { get }

    /// Octets of memory that the stream holds until it ends: they count against the server's budget of answers.
    var heldBytes: Int { get }

    /// Makes the next piece, preferably of about `BodyPiece.bytes`; nil at the end.
    ///
    /// An error ends the connection before the end of the answer, so that no client takes it for complete.
    mutating func next() throws(BodyError) -> [UInt8]?
}

/// How long pieces of an answer should be.
public enum BodyPiece {
    /// Octets: enough that making a piece costs more than handing it over, and few enough for a connection to hold.
    public static let bytes = 32 * 1024
}

/// A piece of an answer cannot be made: its source is not what it was.
public struct BodyError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What went wrong, for the log.
    public var description: String

    /// Makes an error with a reason for the log.
    public init(_ description: String) {
        self.description = description
    }
}
