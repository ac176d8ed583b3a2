import ArgumentParser
import CPlatform

/// The program: a server for text embeddings, and the same model on the command line.
@main
struct EmbedServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "embed-server",
        abstract: "Serves text embeddings over HTTP, as the APIs of Jina and OpenAI do.",
        discussion: """
            Try it: `embed-server serve`, then POST {"input": "hello"} to http://127.0.0.1:8080/v1/embeddings.

            Data goes to stdout; logs, warnings and errors go to stderr.
            """,
        version: "0.1.0",
        subcommands: [
            ServeCommand.self, EmbedCommand.self, TokenizeCommand.self, DoctorCommand.self, BenchCommand.self,
            PullCommand.self, ModelsCommand.self, RemoveCommand.self, BundleCommand.self, UnbundleCommand.self,
            HealthCommand.self,
        ]
    )

    static func main() async {
        cplatform_open_standard_descriptors()
        await main(nil)
    }
}
