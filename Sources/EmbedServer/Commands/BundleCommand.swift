import ArgumentParser
import FoundationEssentials

/// `embed-server bundle`.
struct BundleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bundle",
        abstract: "Write a model of the store into one file, for machines without a network.",
        discussion: """
            The file is a tar archive with a manifest and the SHA-256 of every file, which are compared with those \
            noted when the model was installed. The same model always makes the same file. Carry it over and run \
            `embed-server unbundle` there. Prints the path.
            """
    )

    @Argument(help: ArgumentHelp("The model, as `embed-server models` lists it.", valueName: "MODEL"))
    var model: String

    @Option(help: ArgumentHelp("The file to write (default: MODEL.tar).", valueName: "FILE"))
    var output: String?

    func run() throws {
        let store = ModelStore(home: HomeDirectory(environment: ProcessInfo.processInfo.environment))
        let directory = try store.directory(of: model)
        guard store.holds(model) else { throw StoreError.unknown(id: model, directory: store.directory) }
        let path = output ?? "\(model).tar"
        let size = try BundleWriter(id: model, directory: directory, output: path).write()
        StandardError.write("\(ByteCount(size))\n")
        var output = StandardOutput()
        try output.write(line: Array(path.utf8))
        try output.flush()
    }
}
