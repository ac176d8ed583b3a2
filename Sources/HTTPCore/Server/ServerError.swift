/// Why a server could not start.
public enum ServerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// `host` is neither an address nor a name that resolves to one.
    case unknownHost(String, reason: String)
    /// The address is taken, or may not be used by this process.
    case cannotListen(address: String, reason: String)
    /// A file of the TLS configuration is missing or not what it should be.
    case cannotUseFile(String, reason: String)
    /// `start()` was called before.
    case alreadyStarted

    /// One sentence that says what to change.
    public var description: String {
        switch self {
        case .unknownHost(let host, let reason): "cannot resolve the host \"\(host)\": \(reason)"
        case .cannotListen(let address, let reason): "cannot listen on \(address): \(reason)"
        case .cannotUseFile(let file, let reason): "cannot use \(file) for TLS: \(reason)"
        case .alreadyStarted: "the server was started before; make a new one"
        }
    }
}
