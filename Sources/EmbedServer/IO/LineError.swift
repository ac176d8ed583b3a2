/// What is wrong with one line of a command's input.
struct LineError: Error, Equatable, CustomStringConvertible {
    /// The line, counted from 1.
    let number: Int
    /// What is wrong with it.
    let reason: String

    var description: String { "line \(number): \(reason)" }
}
