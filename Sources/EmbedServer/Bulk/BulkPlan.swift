import Glibc

/// Which files become which.
struct BulkPlan {
    /// One file and what becomes of it.
    struct Item: Sendable, Equatable {
        /// The file with the records.
        let input: String
        /// How it holds them.
        let inputFormat: RecordFormat
        /// The file with the vectors.
        let output: String
        /// Octets of the input.
        let bytes: Int
    }

    /// The files in the order of the command line, those of a folder by name.
    let items: [Item]
    /// The format of all outputs.
    let outputFormat: VectorFormat

    /// Looks at the files.
    ///
    /// - Parameters:
    ///   - inputs: at least one file, or folder; of folders the files with a known ending are meant.
    ///   - inputFormat: of all files; `nil`: by their endings, JSONL for others.
    ///   - output: a file for one input, a folder otherwise.
    ///   - outputFormat: of all outputs; `nil`: by the ending of `output`, JSONL in a folder.
    init(
        inputs: [String],
        inputFormat: RecordFormat?,
        output: String,
        outputFormat: VectorFormat?
    ) throws {
        let files = try inputs.flatMap(Self.files)
        let isThere = FileTree.isDirectory(output)
        let isFolder = isThere || output.hasSuffix("/") || inputs.count > 1 || FileTree.isDirectory(inputs[0])
        let named = VectorFormat(path: output)
        if isFolder, !isThere, named != nil { throw BulkError.needsFolder(output: output) }
        guard let format = outputFormat ?? (isFolder ? .jsonl : named) else {
            throw BulkError.unknownFormat(output: output)
        }
        self.outputFormat = format
        var sources: [String: String] = [:]
        items = try files.map { file in
            guard let bytes = FileTree.size(of: file) else { throw BulkError.noInput(path: file) }
            let path = isFolder ? "\(output)/\(Self.stem(file)).\(format.rawValue)" : output
            if let other = sources.updateValue(file, forKey: path) {
                throw BulkError.sameOutput(other, file, output: path)
            }
            return Item(
                input: file,
                inputFormat: inputFormat ?? RecordFormat(path: file) ?? .jsonl,
                output: path,
                bytes: bytes
            )
        }
        let identities = Set(files.compactMap(Self.identity))
        for item in items {
            if let identity = Self.identity(item.output), identities.contains(identity) {
                throw BulkError.overwritesInput(item.output)
            }
        }
        if isFolder { try FileTree.makeDirectory(output) }
        for input in inputs where FileTree.isDirectory(input) {
            // The next run would take the outputs for inputs.
            if Self.identity(input) == Self.identity(output) { throw BulkError.overwritesInput(output) }
        }
    }

    private static func files(_ input: String) throws(BulkError) -> [String] {
        guard FileTree.isDirectory(input) else { return [input] }
        let folder = input.hasSuffix("/") ? String(input.dropLast()) : input
        let files = FileTree.names(in: folder).map { "\(folder)/\($0)" }
            .filter { RecordFormat(path: $0) != nil && FileTree.size(of: $0) != nil }
        if files.isEmpty { throw .emptyFolder(path: input) }
        return files
    }

    /// The name of a file without its folder and its ending.
    private static func stem(_ path: String) -> String {
        let name = path.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return String(name) }
        return String(name[..<dot])
    }

    /// What two names of one file have in common.
    private static func identity(_ path: String) -> [UInt]? {
        var status = stat()
        return stat(path, &status) == 0 ? [UInt(status.st_dev), UInt(status.st_ino)] : nil
    }
}
