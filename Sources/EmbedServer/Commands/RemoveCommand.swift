import ArgumentParser
import FoundationEssentials

/// `embed-server remove`.
struct RemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Delete models from the model store.",
        discussion: """
            Also deletes what there is of a download that was broken off. A server that has the model loaded goes on \
            with it. Models outside the store are not touched.
            """
    )

    @Argument(help: ArgumentHelp("The models, as `embed-server models` lists them.", valueName: "MODEL"))
    var models: [String]

    func run() throws {
        let store = ModelStore(home: HomeDirectory(environment: ProcessInfo.processInfo.environment))
        for model in models {
            try store.remove(model)
            StandardError.write("removed \(model)\n")
        }
    }
}
