import FoundationEssentials
import Glibc

/// Files and folders as the model store needs them, with errors that name the path.
enum FileTree {
    /// Octets of a regular file; `nil` if there is none.
    static func size(of path: String) -> Int? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int(status.st_size)
    }

    /// Whether there is a folder.
    static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Makes a folder, and those around it.
    static func makeDirectory(_ path: String) throws(IOError) {
        if isDirectory(path) { return }
        let parent = self.parent(of: path)
        if parent != path { try makeDirectory(parent) }
        if mkdir(path, 0o755) != 0, errno != EEXIST { throw IOError(path: path, code: errno) }
    }

    /// The folder around a path.
    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The names in a folder, sorted; none if there is no such folder.
    static func names(in directory: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted()
    }

    /// Every regular file below a folder that is not hidden, sorted by path.
    static func files(in directory: String) -> [RelativePath] {
        var found: [RelativePath] = []
        func walk(_ prefix: String) {
            for name in names(in: directory + "/" + prefix) where !name.hasPrefix(".") {
                guard let path = RelativePath(prefix + name) else { continue }
                if isDirectory("\(directory)/\(path)") {
                    walk("\(path)/")
                } else if size(of: "\(directory)/\(path)") != nil {
                    found.append(path)
                }
            }
        }
        walk("")
        return found
    }

    /// Deletes a file or a folder with all that is in it.
    static func remove(_ path: String) throws(IOError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            throw IOError(path: path, code: errno == 0 ? EIO : errno)
        }
    }

    /// Gives a file or folder another name; what had the name before is replaced if it is a file.
    static func rename(_ source: String, to target: String) throws(IOError) {
        if Glibc.rename(source, target) != 0 { throw IOError(path: target, code: errno) }
    }

    /// Makes `target` the same file as `source` where both are on one volume, else a copy of it.
    static func linkOrCopy(_ source: String, to target: String) throws(IOError) {
        // A link to a link would break with the cache; the file behind it is what is meant.
        guard let real = realpath(source, nil) else { throw IOError(path: source, code: errno) }
        defer { free(real) }
        if link(real, target) == 0 { return }
        let input = try FileHandle(reading: source)
        let output = try FileHandle(creating: target)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = try input.read(into: buffer)
            if count == 0 { break }
            try output.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
        try output.synchronize()
    }

    /// Waits until the names in a folder are on the disk.
    static func synchronize(directory: String) throws(IOError) {
        try FileHandle(reading: directory).synchronize()
    }

    /// Octets that may still be written to the volume of a path.
    static func available(at path: String) throws(IOError) -> Int {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw IOError(path: path, code: errno) }
        return Int(status.f_bavail) * Int(status.f_frsize)
    }
}
