import ArgumentParser
import FoundationEssentials

/// `embed-server unbundle`.
struct UnbundleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unbundle",
        abstract: "Install a model from a file that `bundle` wrote.",
        discussion: """
            Needs no network. The model appears in the store when every file has been compared with its SHA-256; a \
            bundle that is damaged, cut off or has paths that lead elsewhere installs nothing. Prints the folder.
            """
    )

    @Argument(help: ArgumentHelp("The bundle.", valueName: "FILE"))
    var file: String

    func run() throws {
        let store = ModelStore(home: HomeDirectory(environment: ProcessInfo.processInfo.environment))
        let bundle = try BundleReader(path: file)
        let target = try store.directory(of: bundle.id)
        if FileTree.isDirectory(target), ModelManifest.read(directory: target)?.repository != bundle.manifest.repository
        {
            throw BundleError.unsound(
                path: target,
                reason: "holds another model; remove it first (embed-server remove \(bundle.id))"
            )
        }
        StandardError.write("\(bundle.id), licence: \(Licence(identifier: bundle.manifest.licence).name)\n")
        try FileTree.makeDirectory(store.directory)
        let needed = bundle.manifest.size
        let available = try FileTree.available(at: store.directory)
        guard needed <= available else {
            throw HubError.noSpace(directory: store.directory, needed: needed, available: available)
        }
        let staging = try Staging(bundle.id, in: store.directory)
        do {
            try staging.empty()
            try bundle.unpack(into: staging)
        } catch {
            try staging.discard()
            throw error
        }
        let path = try staging.install(bundle.manifest)
        var output = StandardOutput()
        try output.write(line: Array(path.utf8))
        try output.flush()
    }
}
