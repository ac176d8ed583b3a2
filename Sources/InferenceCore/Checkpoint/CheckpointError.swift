/// Why a checkpoint cannot be served: always names the file, and what in it.
public struct CheckpointError: Error, Equatable, CustomStringConvertible {
    /// The file, as a path the user can open.
    public let file: String
    /// What is wrong with it, and what was expected.
    public let reason: String

    /// Makes an error about `file`.
    public init(file: String, reason: String) {
        self.file = file
        self.reason = reason
    }

    /// The fault in one line.
    public var description: String { "\(file): \(reason)" }
}
