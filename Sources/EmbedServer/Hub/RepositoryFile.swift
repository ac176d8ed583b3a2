/// A file of a repository, as the hub or its cache lists it.
struct RepositoryFile: Sendable, Equatable {
    /// What a file's octets must hash to.
    enum Digest: Sendable, Equatable {
        /// SHA-256, for large files.
        case sha256(String)
        /// The object id that git gives small files: SHA-1 of "blob", the length and the contents.
        case gitBlob(String)

        /// The digest that a name in the hub's cache stands for.
        init?(hexadecimal text: String) {
            guard text.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
            switch text.utf8.count {
            case 64: self = .sha256(text.lowercased())
            case 40: self = .gitBlob(text.lowercased())
            default: return nil
            }
        }

        /// Whether git made it.
        var isGit: Bool {
            if case .gitBlob = self { true } else { false }
        }

        /// The digits.
        var hexadecimal: String {
            switch self {
            case .sha256(let digits), .gitBlob(let digits): digits
            }
        }
    }

    /// Where it is in the repository.
    let path: RelativePath
    /// Octets.
    let size: Int
    /// What it must hash to; `nil` if the cache does not say.
    let digest: Digest?
}
