/// Why a bulk command stops.
enum BulkError: Error {
    /// A record that cannot be embedded.
    case record(path: String, line: Int, reason: String)
    /// There is no regular file.
    case noInput(path: String)
    /// A folder without a file that holds records.
    case emptyFolder(path: String)
    /// Several files cannot become one.
    case needsFolder(output: String)
    /// The name of the output does not say what it is to hold.
    case unknownFormat(output: String)
    /// Two files would be written to one.
    case sameOutput(String, String, output: String)
    /// The output is one of the inputs.
    case overwritesInput(String)
    /// Something is at the place of the output that no checkpoint tells of.
    case outputExists(String)
    /// Another process writes it.
    case outputBusy(String)
    /// What the output was begun with is not what it is to go on with.
    case changed(output: String, setting: String, before: String?, now: String?)
    /// Writing failed; what is there can be gone on with.
    case interrupted(IOError)
}

extension BulkError: CustomStringConvertible {
    var description: String {
        switch self {
        case .record(let path, let line, let reason):
            "\(path):\(line): \(reason). The records before it are done; --on-error skip goes on behind it"
        case .noInput(let path): "\(path): no regular file. Without --output, standard input can be a pipe"
        case .emptyFolder(let path): "\(path): no file in it ends in .jsonl, .ndjson, .csv or .txt"
        case .needsFolder(let output): "--output: expected a folder for several inputs, found \(output)"
        case .unknownFormat(let output):
            "--output: expected a name that ends in .jsonl or .npy, found \(output). --output-format takes any name"
        case .sameOutput(let first, let second, let output): "\(first) and \(second) would both become \(output)"
        case .overwritesInput(let path): "\(path): is an input, and would be overwritten"
        case .outputExists(let path): "\(path): is there already. Pass --restart to overwrite it"
        case .outputBusy(let path): "\(path): another process writes it"
        case .changed(let output, "input", _, _):
            "\(output): its input has changed since it was begun. Pass --restart to begin anew"
        case .changed(let output, let setting, let before, let now):
            "\(output): was begun with \(setting) \(before ?? "unset"), and now it is \(now ?? "unset"). "
                + "Pass --restart to begin anew"
        case .interrupted(let error): "\(error). Run the same command again to go on from here"
        }
    }
}
