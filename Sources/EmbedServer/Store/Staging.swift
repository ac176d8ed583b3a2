import CPlatform
import Glibc

/// A folder in the store in which a model comes together, until it is put in its place in one step.
///
/// `files` holds what is whole and checked, `parts` what is still arriving. Both outlive the process, so that the next one
/// can go on.
final class Staging {
    private let id: String
    private let store: String
    private let folder: String
    // Held for as long as this is: whoever opens the folder next is told to wait.
    private let lock: FileHandle

    /// Opens or makes the folder, and locks it.
    ///
    /// - Throws: `StoreError` or `IOError`.
    init(_ id: String, in store: String) throws {
        guard Repository.isName(id) else { throw StoreError.badName(id) }
        self.id = id
        self.store = store
        folder = Self.folder(of: id, in: store)
        try FileTree.makeDirectory("\(folder)/files")
        try FileTree.makeDirectory("\(folder)/parts")
        lock = try FileHandle(updating: "\(folder)/lock")
        guard lock.tryLock() else { throw StoreError.busy(id: id) }
    }

    /// Where the folder for a model is.
    static func folder(of id: String, in store: String) -> String { "\(store)/.installing-\(id)" }

    /// The model that a folder of the store is for; `nil` if it is not a staging folder.
    static func model(ofFolder name: String) -> String? {
        name.hasPrefix(".installing-") ? String(name.dropFirst(".installing-".count)) : nil
    }

    /// Octets on disk of a staging folder.
    static func size(of folder: String) -> Int {
        var blocks = 0
        for part in ["files", "parts"] {
            for path in FileTree.files(in: "\(folder)/\(part)") {
                // Files that are still arriving have holes.
                var status = stat()
                if stat("\(folder)/\(part)/\(path)", &status) == 0 { blocks += Int(status.st_blocks) }
            }
        }
        return blocks * 512
    }

    /// Where a file is once it is whole; the folders around it are made.
    func path(of file: RelativePath) throws(IOError) -> String {
        let path = "\(folder)/files/\(file)"
        try FileTree.makeDirectory(FileTree.parent(of: path))
        return path
    }

    /// Where a file is while it arrives: another place for other contents.
    func partPath(of file: RepositoryFile) -> String {
        let name = file.path.components.joined(separator: "~")
        return "\(folder)/parts/\(name.suffix(160))~\((file.digest?.hexadecimal ?? "").prefix(16))"
    }

    /// Deletes everything.
    func discard() throws(IOError) { try FileTree.remove(folder) }

    /// Deletes what is whole, for those who begin again.
    func empty() throws(IOError) {
        try FileTree.remove("\(folder)/files")
        try FileTree.makeDirectory("\(folder)/files")
    }

    /// Puts the model in its place in one step; what was there before is deleted.
    ///
    /// - Returns: the model's folder.
    func install(_ manifest: ModelManifest) throws(IOError) -> String {
        let source = "\(folder)/files"
        let wanted = Set(manifest.files.map(\.path))
        for path in FileTree.files(in: source) where !wanted.contains(path) { try FileTree.remove("\(source)/\(path)") }
        let file = try FileHandle(creating: "\(source)/\(ModelManifest.fileName)")
        let written = manifest.json.withUnsafeBytes { bytes in
            Result { () throws(IOError) in try file.write(bytes) }
        }
        try written.get()
        try file.synchronize()
        try FileTree.synchronize(directory: source)
        let target = "\(store)/\(id)"
        if FileTree.isDirectory(target) {
            if cplatform_exchange(source, target) != 0 {
                // A file system that cannot exchange names: for a moment there is no model.
                let old = "\(folder)/old"
                try FileTree.remove(old)
                try FileTree.rename(target, to: old)
                try FileTree.rename(source, to: target)
            }
        } else {
            try FileTree.rename(source, to: target)
        }
        try FileTree.synchronize(directory: store)
        try discard()
        return target
    }
}
