import Glibc

/// A file mapped into memory, read only.
///
/// Pages come in when they are touched and the kernel may drop them again, so a checkpoint costs memory only for
/// what has been read.
final class MappedFile: Sendable {
    /// The path it was opened by, for messages.
    let path: String
    /// The file's octets.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    // SAFETY: mapped PROT_READ and never unmapped before deinit, so any thread may read it.
    private nonisolated(unsafe) let base: UnsafeMutableRawPointer?
    private let count: Int

    /// Maps the whole of `path`; an empty file is mapped as no octets.
    init(path: String) throws(CheckpointError) {
        self.path = path
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CheckpointError(file: path, reason: "cannot be opened: \(errorText())") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw CheckpointError(file: path, reason: "cannot be examined: \(errorText())")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw CheckpointError(file: path, reason: "is not a regular file")
        }
        count = Int(status.st_size)
        guard count > 0 else {
            base = nil
            return
        }
        let mapping = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
        guard let mapping, mapping != MAP_FAILED else {
            throw CheckpointError(file: path, reason: "cannot be mapped: \(errorText())")
        }
        base = mapping
    }

    deinit {
        if let base { munmap(base, count) }
    }
}

/// What `errno` says, in words.
func errorText() -> String {
    String(cString: strerror(errno))
}
