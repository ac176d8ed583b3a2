/// Why a server that is asked for vectors gives none.
enum RemoteError: Error, Equatable {
    /// The address is none.
    case badURL(String)
    /// It cannot be reached, or is not ready, for too long.
    case gaveUp(url: String, problem: String)
    /// It refuses what was asked for.
    case refused(url: String, status: Int, message: String)
    /// An answer that makes no sense.
    case badAnswer(url: String, reason: String)
}

extension RemoteError: CustomStringConvertible {
    var description: String {
        switch self {
        case .badURL(let text): "--server: expected http://HOST or https://HOST, found \"\(text)\""
        case .gaveUp(let url, let problem): "\(url): \(problem). Run the same command again to go on from here"
        case .refused(let url, let status, let message):
            [401, 403].contains(status)
                ? "\(url): the server answers \(status): \(message). Set EMBED_API_KEY to a key that may embed"
                : "\(url): the server answers \(status): \(message)"
        case .badAnswer(let url, let reason): "\(url): \(reason)"
        }
    }
}
