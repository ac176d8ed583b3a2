import Glibc

/// Questions to whoever sits at the terminal.
enum Terminal {
    /// Whether somebody can be asked.
    static var isInteractive: Bool { isatty(STDIN_FILENO) == 1 && StandardError.isTerminal }

    /// Asks a question; false for any answer but yes, and where there is nobody to ask.
    static func confirms(_ question: String) -> Bool {
        guard isInteractive else { return false }
        StandardError.write("\(question) [y/N] ")
        return ["y", "yes"].contains(readLine()?.lowercased())
    }

    /// Shows a licence and asks whether it is accepted.
    static func accepts(_ licence: Licence) -> Bool {
        guard isInteractive else { return false }
        StandardError.write(licence.advice + "\n")
        return confirms("Do you accept the licence?")
    }
}
