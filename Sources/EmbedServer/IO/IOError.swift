import Glibc

/// Why reading or writing failed.
struct IOError: Error, CustomStringConvertible {
    /// The file, or the stream's name.
    let path: String
    /// The value of `errno`.
    let code: CInt

    /// What the system says about it.
    var reason: String { String(cString: strerror(code)) }

    var description: String { "\(path): \(reason)" }
}
