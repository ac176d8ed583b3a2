/// Why files or batches cannot be kept.
enum BatchStoreError: Error, CustomStringConvertible {
    /// Another process uses the folder.
    case locked(directory: String)
    /// What may be stored is stored.
    case full(limit: Int)
    /// The owner has as many of these as one may have.
    case tooMany(_ what: String, limit: Int)
    /// A batch that is not over reads the file.
    case inUse(batch: String)
    /// The system refuses.
    case io(IOError)

    var description: String {
        switch self {
        case .locked(let directory): "\(directory) is used by another server"
        case .full(let limit): "files and results of batches take the \(limit) bytes of batch.maximumStoredBytes"
        case .tooMany(let what, let limit): "the owner has \(limit) \(what)"
        case .inUse(let batch): "the file is read by \(batch)"
        case .io(let error): error.description
        }
    }
}
