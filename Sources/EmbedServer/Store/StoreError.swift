/// Why the model store cannot do what was asked.
enum StoreError: Error, Equatable, CustomStringConvertible {
    /// No model of that name.
    case unknown(id: String, directory: String)
    /// A name that cannot be a folder's.
    case badName(String)
    /// Another process is putting the model there.
    case busy(id: String)
    /// Something else is there under the name.
    case taken(id: String, directory: String)

    var description: String {
        switch self {
        case .unknown(let id, let directory): "\(id): there is no such model in \(directory)"
        case .badName(let name): "\"\(name)\" is no name for a model: expected letters, digits, '.', '_' and '-'"
        case .busy(let id): "\(id): another process is installing it"
        case .taken(let id, let directory):
            "\(directory) holds another model; remove it (embed-server remove \(id)) or choose a name with --name"
        }
    }
}
