/// Reads a bundle, and believes nothing in it before its digest has been compared.
final class BundleReader {
    private let path: String
    private let file: FileHandle
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    /// The name of the model.
    let id: String
    /// What the bundle holds.
    let manifest: ModelManifest
    private let manifestDigest: String

    private static let maximumManifestBytes = 16 << 20

    /// Opens a bundle and reads its manifest.
    ///
    /// - Throws: `BundleError` or `IOError`.
    init(path: String) throws {
        self.path = path
        let file = try FileHandle(reading: path)
        self.file = file
        var block = [UInt8](repeating: 0, count: TarHeader.blockSize)
        let count = try block.withUnsafeMutableBytes { try file.readFully(into: $0) }
        guard count == block.count, let header = TarHeader(octets: block), header.size <= Self.maximumManifestBytes,
            header.path.hasSuffix("/" + ModelManifest.fileName)
        else { throw BundleError.noBundle(path) }
        id = String(header.path.dropLast(ModelManifest.fileName.count + 1))
        guard Repository.isName(id) else { throw BundleError.unsafePath(path, path: header.path) }
        var contents = [UInt8](repeating: 0, count: header.size + header.padding)
        let read = try contents.withUnsafeMutableBytes { try file.readFully(into: $0) }
        guard read == contents.count else { throw BundleError.truncated(path, inside: ModelManifest.fileName) }
        contents.removeLast(header.padding)
        var digest = FileDigest.sha256()
        contents.withUnsafeBytes { digest.update($0) }
        manifestDigest = digest.hexadecimal()
        guard let manifest = ModelManifest(json: contents) else {
            throw BundleError.damaged(
                path,
                part: ModelManifest.fileName,
                reason: "is no manifest, or names a path outside"
            )
        }
        self.manifest = manifest
    }

    deinit { buffer.deallocate() }

    /// Unpacks every file into the staging folder and compares its digest.
    ///
    /// - Throws: `BundleError` or `IOError`.
    func unpack(into staging: Staging) throws {
        for entry in manifest.files {
            let header = try next(named: entry.path.text)
            guard header.size == entry.size else {
                throw BundleError.damaged(path, part: entry.path.text, reason: "is not as long as the manifest says")
            }
            let output = try FileHandle(creating: try staging.path(of: entry.path))
            let found = try copy(header, part: entry.path.text) { try output.write($0) }
            guard found == entry.sha256 else {
                throw BundleError.damaged(
                    path,
                    part: entry.path.text,
                    reason: "its SHA-256 is \(found), the manifest says \(entry.sha256)"
                )
            }
            try output.synchronize()
        }
        try checkSums()
    }

    /// The sums at the end seal the manifest, which the files before could not.
    private func checkSums() throws {
        let header = try next(named: BundleWriter.sumsName)
        var contents: [UInt8] = []
        guard header.size <= Self.maximumManifestBytes else {
            throw BundleError.damaged(path, part: BundleWriter.sumsName, reason: "is too long")
        }
        _ = try copy(header, part: BundleWriter.sumsName) { contents += $0 }
        let lines = [(manifestDigest, ModelManifest.fileName)] + manifest.files.map { ($0.sha256, $0.path.text) }
        guard contents == Array(lines.map { "\($0.0)  \($0.1)\n" }.joined().utf8) else {
            throw BundleError.damaged(path, part: BundleWriter.sumsName, reason: "does not agree with the manifest")
        }
        var end = [UInt8](repeating: 1, count: 2 * TarHeader.blockSize)
        let count = try end.withUnsafeMutableBytes { try file.readFully(into: $0) }
        guard count == end.count else { throw BundleError.truncated(path, inside: "its end") }
        guard end.allSatisfy({ $0 == 0 }) else {
            throw BundleError.damaged(path, part: "its end", reason: "has a file that the manifest does not name")
        }
    }

    private func next(named name: String) throws -> TarHeader {
        var block = [UInt8](repeating: 0, count: TarHeader.blockSize)
        let count = try block.withUnsafeMutableBytes { try file.readFully(into: $0) }
        guard count == block.count else { throw BundleError.truncated(path, inside: name) }
        guard let header = TarHeader(octets: block) else {
            throw BundleError.damaged(path, part: name, reason: "its head is damaged, or of no regular file")
        }
        let prefix = id + "/"
        guard header.path.hasPrefix(prefix), RelativePath(String(header.path.dropFirst(prefix.count))) != nil else {
            throw BundleError.unsafePath(path, path: header.path)
        }
        guard header.path == prefix + name else {
            throw BundleError.damaged(path, part: header.path, reason: "the manifest has \(name) here")
        }
        return header
    }

    /// Hands the contents of a file on; returns their SHA-256.
    private func copy(
        _ header: TarHeader,
        part: String,
        to sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> String {
        var digest = FileDigest.sha256()
        var rest = header.size
        while rest > 0 {
            let count = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(rest, buffer.count)]))
            if count == 0 { throw BundleError.truncated(path, inside: part) }
            let octets = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            digest.update(octets)
            try sink(octets)
            rest -= count
        }
        let padding = UnsafeMutableRawBufferPointer(rebasing: buffer[..<header.padding])
        guard try file.readFully(into: padding) == header.padding else {
            throw BundleError.truncated(path, inside: part)
        }
        return digest.hexadecimal()
    }
}
