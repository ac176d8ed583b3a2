/// The folder of models that have no path of their own: `$EMBED_HOME/models`.
struct ModelStore: Sendable {
    /// The folder.
    let directory: String

    init(home: HomeDirectory) { directory = home.models }

    /// The folder of a model.
    func directory(of id: String) throws(StoreError) -> String {
        guard Repository.isName(id) else { throw .badName(id) }
        return "\(directory)/\(id)"
    }

    /// Whether a model is there, whole.
    func holds(_ id: String) -> Bool {
        Repository.isName(id) && FileTree.size(of: "\(directory)/\(id)/config.json") != nil
    }

    /// Every model, and every download that was broken off, by name.
    func models() -> [StoredModel] {
        FileTree.names(in: directory).compactMap { name in
            let path = "\(directory)/\(name)"
            if let id = Staging.model(ofFolder: name) {
                return StoredModel(id: id, manifest: nil, size: Staging.size(of: path), isComplete: false)
            }
            guard holds(name) else { return nil }
            let size = FileTree.files(in: path).reduce(0) { $0 + (FileTree.size(of: "\(path)/\($1)") ?? 0) }
            return StoredModel(id: name, manifest: ModelManifest.read(directory: path), size: size, isComplete: true)
        }
        .sorted { ($0.id, $1.isComplete ? 1 : 0) < ($1.id, $0.isComplete ? 1 : 0) }
    }

    /// Deletes a model and what there is of a download of it.
    ///
    /// - Throws: `StoreError` or `IOError`.
    func remove(_ id: String) throws {
        let path = try directory(of: id)
        let staging = Staging.folder(of: id, in: directory)
        guard FileTree.isDirectory(path) || FileTree.isDirectory(staging) else {
            throw StoreError.unknown(id: id, directory: directory)
        }
        if FileTree.isDirectory(staging) {
            let lock = try Staging(id, in: directory)
            try lock.discard()
        }
        guard FileTree.isDirectory(path) else { return }
        // Nobody finds half a model: the name goes first.
        let trash = "\(directory)/.removed-\(id)"
        try FileTree.remove(trash)
        try FileTree.rename(path, to: trash)
        try FileTree.remove(trash)
    }
}
