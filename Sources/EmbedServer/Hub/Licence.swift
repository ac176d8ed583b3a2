/// The licence of a model, as its repository names it.
struct Licence: Sendable, Equatable {
    /// The identifier, such as `cc-by-nc-4.0`; `nil` if the repository names none.
    let identifier: String?

    /// The licence of the models that can be named without their owner, for sources that do not say.
    static let published = Licence(identifier: "cc-by-nc-4.0")

    /// For messages.
    var name: String { identifier ?? "unknown (the repository names none)" }

    /// Whether anybody may use the model for anything; other licences have to be accepted.
    var isPermissive: Bool {
        let permissive = [
            "apache-2.0", "mit", "bsd", "bsd-2-clause", "bsd-3-clause", "isc", "cc0-1.0", "cc-by-4.0", "unlicense",
        ]
        return identifier.map { permissive.contains($0.lowercased()) } == true
    }

    /// What a user has to know before they say yes.
    var advice: String {
        switch identifier?.lowercased() {
        case "cc-by-nc-4.0":
            "CC BY-NC 4.0: not for commercial use, and with attribution. Commercial use needs the publisher's consent."
        case nil: "The repository names no licence: ask its owner what you may do."
        default: "Read it before you use the model: \(name)."
        }
    }
}
