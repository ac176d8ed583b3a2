import FoundationEssentials

/// What `--model` means to the commands that work on one checkpoint.
enum CheckpointFolder {
    /// The folder itself, or that of the store's model of this name if there is no such folder.
    static func path(of argument: String) -> String {
        let store = ModelStore(home: HomeDirectory(environment: ProcessInfo.processInfo.environment))
        guard store.holds(argument), !FileTree.isDirectory(argument) else { return argument }
        return "\(store.directory)/\(argument)"
    }
}
