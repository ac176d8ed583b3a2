/// Writes a model of the store into one file: a tar archive that begins with the manifest and ends with its SHA-256.
struct BundleWriter {
    /// The model's name.
    let id: String
    /// Its folder.
    let directory: String
    /// Where the bundle goes.
    let output: String

    /// The name of the last file, in the form that `sha256sum --check` reads.
    static let sumsName = "SHA256SUMS"

    /// Reads, checks and writes every file of the model; the bundle appears when it is whole.
    ///
    /// - Returns: octets of the bundle.
    /// - Throws: `BundleError` or `IOError`.
    func write() throws -> Int {
        let manifest = try checkedManifest()
        let partial = output + ".partial"
        defer { try? FileTree.remove(partial) }
        let file = try FileHandle(creating: partial)
        try add(ModelManifest.fileName, contents: manifest.json, to: file)
        for entry in manifest.files { try add(entry, to: file) }
        let sum = manifest.json.withUnsafeBytes { bytes in
            var digest = FileDigest.sha256()
            digest.update(bytes)
            return digest.hexadecimal()
        }
        let lines = [(sum, ModelManifest.fileName)] + manifest.files.map { ($0.sha256, $0.path.text) }
        try add(Self.sumsName, contents: Array(lines.map { "\($0.0)  \($0.1)\n" }.joined().utf8), to: file)
        try put([UInt8](repeating: 0, count: 2 * TarHeader.blockSize), to: file)
        try file.synchronize()
        try FileTree.rename(partial, to: output)
        return FileTree.size(of: output) ?? 0
    }

    /// Hashes the files that are there, and compares them with what was installed, if that is known.
    private func checkedManifest() throws -> ModelManifest {
        let installed = ModelManifest.read(directory: directory)
        var manifest =
            installed ?? ModelManifest(repository: nil, commit: nil, licence: nil, files: [])
        let paths = installed?.files.map(\.path) ?? FileTree.files(in: directory)
        manifest.files = try paths.map { path in
            let full = "\(directory)/\(path)"
            guard let size = FileTree.size(of: full) else {
                throw BundleError.unsound(path: full, reason: "is missing")
            }
            let sha256 = try FileDigest.of(path: full, size: size, git: false).sha256
            if let known = installed?.files.first(where: { $0.path == path }), known.sha256 != sha256 {
                throw BundleError.unsound(
                    path: full,
                    reason: "has changed since it was installed; pull the model again"
                )
            }
            return ModelManifest.File(path: path, size: size, sha256: sha256)
        }
        return manifest
    }

    private func add(_ entry: ModelManifest.File, to file: FileHandle) throws {
        let header = try head(of: entry.path.text, size: entry.size, to: file)
        let full = "\(directory)/\(entry.path)"
        let input = try FileHandle(reading: full)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        var digest = FileDigest.sha256()
        var rest = entry.size
        while rest > 0 {
            let count = try input.read(
                into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(rest, buffer.count)])
            )
            if count == 0 { throw BundleError.unsound(path: full, reason: "became shorter while it was read") }
            let octets = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            digest.update(octets)
            try file.write(octets)
            rest -= count
        }
        guard digest.hexadecimal() == entry.sha256 else {
            throw BundleError.unsound(path: full, reason: "changed while it was read")
        }
        try put([UInt8](repeating: 0, count: header.padding), to: file)
    }

    private func add(_ name: String, contents: [UInt8], to file: FileHandle) throws {
        let header = try head(of: name, size: contents.count, to: file)
        try put(contents + [UInt8](repeating: 0, count: header.padding), to: file)
    }

    private func head(of path: String, size: Int, to file: FileHandle) throws -> TarHeader {
        let header = TarHeader(path: "\(id)/\(path)", size: size)
        guard let octets = header.octets else {
            throw BundleError.unsound(path: "\(directory)/\(path)", reason: "has too long a name for a bundle")
        }
        try put(octets, to: file)
        return header
    }

    private func put(_ octets: [UInt8], to file: FileHandle) throws(IOError) {
        let result = octets.withUnsafeBytes { bytes in
            Result { () throws(IOError) in try file.write(bytes) }
        }
        try result.get()
    }
}
