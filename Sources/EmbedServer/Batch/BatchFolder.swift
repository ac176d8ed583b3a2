import Glibc

/// Where the files of batches are.
///
/// ```
/// lock                             held by the server that uses the folder
/// files/ID/file.json, content      a file; without file.json it is still being written
/// batches/ID/batch.json            a batch, since its last change of status
/// batches/ID/checkpoint.json       how far it has come
/// ```
struct BatchFolder: Sendable {
    /// The folder.
    let path: String

    /// What is written about a file.
    func description(ofFile id: String) -> String { "\(path)/files/\(id)/file.json" }
    /// The content of a file.
    func content(ofFile id: String) -> String { "\(path)/files/\(id)/content" }
    /// The folder of a file.
    func folder(ofFile id: String) -> String { "\(path)/files/\(id)" }
    /// What is written about a batch.
    func description(ofBatch id: String) -> String { "\(path)/batches/\(id)/batch.json" }
    /// How far a batch has come.
    func checkpoint(ofBatch id: String) -> String { "\(path)/batches/\(id)/checkpoint.json" }
    /// The folder of a batch.
    func folder(ofBatch id: String) -> String { "\(path)/batches/\(id)" }

    /// Whether a server has used it.
    var exists: Bool { Disk.isFolder(path + "/files") }

    /// Makes the folders, and keeps other servers out until the process ends.
    func open() throws(BatchStoreError) {
        do throws(IOError) {
            try Disk.makeFolder(path + "/files")
            try Disk.makeFolder(path + "/batches")
            let lock = path + "/lock"
            let descriptor = Glibc.open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw IOError(path: lock, code: errno) }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                let code = errno
                close(descriptor)
                throw IOError(path: lock, code: code)
            }
        } catch {
            throw error.code == EWOULDBLOCK ? .locked(directory: path) : .io(error)
        }
    }
}
