import Glibc

/// The cache that Hugging Face's own tools keep: `models--OWNER--NAME/{refs,snapshots,blobs}`.
struct HubCache {
    private let directory: String

    /// - Parameters:
    ///   - root: the folder of all repositories.
    init(root: String, repository: Repository) {
        directory = "\(root)/models--\(repository.owner)--\(repository.name)"
    }

    /// Where the cache has a file, if it has it in the right length.
    func path(of file: RepositoryFile, commit: String) -> String? {
        let blob = file.digest.map { "\(directory)/blobs/\($0.hexadecimal)" }
        let candidates = [blob, "\(directory)/snapshots/\(commit)/\(file.path)"]
        return candidates.lazy.compactMap { $0 }.first { FileTree.size(of: $0) == file.size }
    }

    /// The commit that a revision stood for when the cache was filled.
    func commit(of revision: String) -> String? {
        guard RelativePath(revision) != nil else { return nil }
        if FileTree.isDirectory("\(directory)/snapshots/\(revision)") { return revision }
        guard let contents = try? InputFile.contents(path: "\(directory)/refs/\(revision)") else { return nil }
        let commit = String(decoding: contents.prefix { $0 > 0x20 }, as: UTF8.self)
        return RelativePath(commit)?.components.count == 1 && FileTree.isDirectory("\(directory)/snapshots/\(commit)")
            ? commit : nil
    }

    /// The files of a snapshot.
    ///
    /// Where they are links, they lead to a name that is their digest.
    func files(commit: String) -> [RepositoryFile] {
        let root = "\(directory)/snapshots/\(commit)"
        return FileTree.files(in: root).compactMap { path in
            let full = "\(root)/\(path)"
            guard let size = FileTree.size(of: full), let real = realpath(full, nil) else { return nil }
            defer { free(real) }
            let name = String(cString: real).split(separator: "/").last.map(String.init) ?? ""
            return RepositoryFile(path: path, size: size, digest: RepositoryFile.Digest(hexadecimal: name))
        }
    }

    /// The licence in the head of the snapshot's README.md.
    func licence(commit: String) -> Licence {
        let path = "\(directory)/snapshots/\(commit)/README.md"
        guard let contents = try? InputFile.contents(path: path) else { return Licence(identifier: nil) }
        let lines = String(decoding: contents, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.first == "---" else { return Licence(identifier: nil) }
        let line = lines.dropFirst().prefix { $0 != "---" }.first { $0.hasPrefix("license:") }
        let value = line?.dropFirst("license:".count).filter { !$0.isWhitespace && $0 != "\"" && $0 != "'" }
        return Licence(identifier: value.flatMap { $0.isEmpty ? nil : String($0) })
    }
}
