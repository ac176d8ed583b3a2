/// Where models live unless told otherwise: `$EMBED_HOME`, or `~/.cache/embed-server`.
struct HomeDirectory: Sendable, Equatable {
    /// The folder.
    let path: String
    /// The user's own home, for paths that begin with `~/`.
    private let userHome: String

    /// Reads `EMBED_HOME` and `HOME`.
    init(environment: [String: String]) {
        userHome = environment["HOME"] ?? "/"
        let configured = environment["EMBED_HOME"].flatMap { $0.isEmpty ? nil : $0 }
        path = Self.expand(configured ?? "~/.cache/embed-server", userHome: userHome)
    }

    /// The folder of the models that have no path of their own.
    var models: String { "\(path)/models" }

    /// The folder of a model's checkpoint.
    func directory(of model: ModelSettings) -> String {
        guard let path = model.path else { return "\(models)/\(model.id)" }
        return Self.expand(path, userHome: userHome)
    }

    /// The folder for files and batches.
    func directory(of batches: BatchSettings) -> String {
        guard let path = batches.directory else { return "\(self.path)/batches" }
        return Self.expand(path, userHome: userHome)
    }

    // A shell does this for flags, nobody does it for config.json.
    private static func expand(_ path: String, userHome: String) -> String {
        path.hasPrefix("~/") ? userHome + path.dropFirst() : path
    }
}
