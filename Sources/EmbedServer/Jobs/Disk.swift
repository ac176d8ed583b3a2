import Glibc

/// Changes to files and folders that hold after a crash, or have not happened.
enum Disk {
    /// Puts `contents` at `path`: whoever reads sees all of the old contents or all of the new.
    static func replace(_ path: String, with contents: [UInt8]) throws(IOError) {
        let temporary = path + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw IOError(path: temporary, code: errno) }
        var failure = contents.withUnsafeBytes { Descriptor.writeAll($0, to: descriptor) }
        if failure == nil, fdatasync(descriptor) != 0 { failure = errno }
        close(descriptor)
        if let failure {
            unlink(temporary)
            throw IOError(path: temporary, code: failure)
        }
        try rename(temporary, to: path)
    }

    /// Gives a file another name in place of whatever has it.
    static func rename(_ path: String, to newPath: String) throws(IOError) {
        guard Glibc.rename(path, newPath) == 0 else { throw IOError(path: newPath, code: errno) }
        try syncFolder(of: newPath)
    }

    /// Makes a folder and those above it, readable by this user alone; one that exists is left as it is.
    static func makeFolder(_ path: String) throws(IOError) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let parent = parent(of: path) else { throw IOError(path: path, code: errno) }
        try makeFolder(parent)
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw IOError(path: path, code: errno) }
    }

    /// Names in a folder, sorted; none if there is no folder.
    static func names(in folder: String) throws(IOError) -> [String] {
        guard let stream = opendir(folder) else {
            if errno == ENOENT { return [] }
            throw IOError(path: folder, code: errno)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { octets in
                String(decoding: octets.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Octets of a file; `nil` if there is none.
    static func size(of path: String) -> Int? {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : nil
    }

    /// Whether there is a folder.
    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Removes a folder and the files in it; what is gone already does not matter.
    static func removeFolder(_ path: String) throws(IOError) {
        for name in try names(in: path) where unlink(path + "/" + name) != 0 && errno != ENOENT {
            throw IOError(path: path + "/" + name, code: errno)
        }
        if rmdir(path) != 0, errno != ENOENT { throw IOError(path: path, code: errno) }
    }

    private static func syncFolder(of path: String) throws(IOError) {
        let folder = parent(of: path) ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw IOError(path: folder, code: errno) }
        defer { close(descriptor) }
        // Some file systems cannot do this, and need not.
        if fsync(descriptor) != 0, errno != EINVAL { throw IOError(path: folder, code: errno) }
    }

    private static func parent(of path: String) -> String? {
        guard let slash = path.lastIndex(of: "/") else { return nil }
        return slash == path.startIndex ? (path.count > 1 ? "/" : nil) : String(path[..<slash])
    }
}
