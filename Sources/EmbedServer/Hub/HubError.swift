import Glibc

/// Why a model could not be fetched.
enum HubError: Error {
    /// Nobody said where the hub is.
    case noEndpoint
    /// The hub's address is none.
    case badEndpoint(String)
    /// The network may not be used, and the cache does not have it.
    case offline(String)
    /// The hub wants a token, or one with more rights.
    case refused(Repository, status: Int, detail: String)
    /// There is no such repository or revision.
    case notFound(Repository, revision: String, detail: String)
    /// The hub asks for more patience than anybody has.
    case busy(seconds: Int)
    /// No answer, or not a whole one, after several attempts.
    case transfer(url: String, reason: String)
    /// An answer that makes no sense.
    case badAnswer(url: String, reason: String)
    /// The repository holds no checkpoint that could be served.
    case unsuitable(Repository, reason: String)
    /// A file is not what the hub lists.
    case wrongDigest(file: String, kind: String, expected: String, found: String)
    /// The volume of the store is too small.
    case noSpace(directory: String, needed: Int, available: Int)
    /// The licence was not accepted.
    case licence(String)
}

extension HubError: CustomStringConvertible {
    var description: String {
        switch self {
        case .noEndpoint:
            "no model hub is configured: set HF_ENDPOINT=https://HOST to the hub or to your mirror of it, "
                + "or hub.endpoint in config.json, or pass --endpoint"
        case .badEndpoint(let text): "the hub's address is \"\(text)\"; expected http://HOST or https://HOST"
        case .offline(let what): "HF_HUB_OFFLINE is set, and \(what)"
        case .refused(let repository, let status, let detail):
            "the hub refuses \(repository) with \(status)\(Self.quoted(detail)). It is private, gated or not there: "
                + "accept its terms on the hub if it has some, and set HF_TOKEN to a token that may read it"
        case .notFound(let repository, let revision, let detail):
            "the hub has no \(repository) at revision \(revision)\(Self.quoted(detail))"
        case .busy(let seconds):
            "the hub asks to wait \(seconds) s. Run the command again then; it goes on where it stopped"
        case .transfer(let url, let reason):
            "\(url): \(reason). Run the command again; it goes on where it stopped"
        case .badAnswer(let url, let reason): "\(url): \(reason)"
        case .unsuitable(let repository, let reason): "\(repository): \(reason)"
        case .wrongDigest(let file, let kind, let expected, let found):
            "\(file): its \(kind) is \(found), the hub lists \(expected). It was thrown away; nothing was installed"
        case .noSpace(let directory, let needed, let available):
            "\(directory): \(ByteCount(needed)) are needed, \(ByteCount(available)) are free"
        case .licence(let name):
            "the licence, \(name), was not accepted. Read it, and pass --accept-license if you agree"
        }
    }

    private static func quoted(_ detail: String) -> String { detail.isEmpty ? "" : " (\(detail))" }
}
