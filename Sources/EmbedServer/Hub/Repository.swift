/// A model repository on a hub: `owner/name`.
struct Repository: Sendable, Equatable, CustomStringConvertible {
    /// Who publishes it.
    let owner: String
    /// What it is called there, and in the model store unless told otherwise.
    let name: String

    var description: String { "\(owner)/\(name)" }

    /// The models that need no owner in front: with all adapters, and with one of them merged.
    static let published = ["nano", "small"].flatMap { size in
        ["", "-retrieval", "-text-matching", "-clustering", "-classification"].map { task in
            "jina-embeddings-v5-text-\(size)\(task)"
        }
    }

    /// Reads `owner/name`, or the plain name of a published model.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if Self.published.contains(text) {
            owner = "jinaai"
            name = text
        } else if parts.count == 2, parts.allSatisfy(Self.isName) {
            owner = parts[0]
            name = parts[1]
        } else {
            return nil
        }
    }

    /// Whether this may be a part of a repository's name, and so the name of a folder: nothing that leads elsewhere.
    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 96, first != UInt8(ascii: "."), first != UInt8(ascii: "-")
        else { return false }
        return text.utf8.allSatisfy { octet in
            switch octet {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
            default: false
            }
        }
    }
}
