import JSONCore

/// What a model of the store is and where it came from: the file `.manifest.json` in its folder.
struct ModelManifest: Sendable, Equatable {
    /// A file with what it hashed to when it was installed.
    struct File: Sendable, Equatable {
        let path: RelativePath
        let size: Int
        let sha256: String
    }

    /// The name of the file.
    static let fileName = ".manifest.json"

    /// The repository, `owner/name`; `nil` for models that came some other way.
    var repository: String?
    /// The commit in the repository.
    var commit: String?
    /// The identifier of the licence.
    var licence: String?
    /// Every file but this one.
    var files: [File]

    /// Octets of all files.
    var size: Int { files.reduce(0) { $0 + $1.size } }

    /// Reads the manifest in a model's folder; `nil` if there is none, or none that can be used.
    static func read(directory: String) -> ModelManifest? {
        guard let contents = try? InputFile.contents(path: "\(directory)/\(fileName)") else { return nil }
        return ModelManifest(json: contents)
    }

    /// Reads a manifest.
    init?(json: [UInt8]) {
        guard let document = try? JSONParser.parse(json), let items = document["files"]?.array else { return nil }
        repository = document["repository"]?.string
        commit = document["commit"]?.string
        licence = document["licence"]?.string
        files = []
        for item in items {
            guard let path = item["path"]?.string.flatMap(RelativePath.init), let size = item["size"]?.integer,
                (0...1 << 44).contains(size),
                let sha256 = item["sha256"]?.string
            else { return nil }
            files.append(File(path: path, size: size, sha256: sha256))
        }
    }

    init(repository: String?, commit: String?, licence: String?, files: [File]) {
        self.repository = repository
        self.commit = commit
        self.licence = licence
        self.files = files
    }

    /// The manifest as a document.
    var json: [UInt8] {
        var writer = JSONWriter()
        writer.object {
            for (name, value) in [("repository", repository), ("commit", commit), ("licence", licence)] {
                guard let value else { continue }
                $0.key(name)
                $0.value(value)
            }
            $0.key("files")
            $0.array {
                for file in files {
                    $0.object {
                        $0.key("path")
                        $0.value(file.path.text)
                        $0.key("size")
                        $0.value(file.size)
                        $0.key("sha256")
                        $0.value(file.sha256)
                    }
                }
            }
        }
        return writer.bytes + [UInt8(ascii: "\n")]
    }
}
