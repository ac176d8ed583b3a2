import ArgumentParser
import InferenceCore
import JSONCore

/// `embed-server tokenize`.
struct TokenizeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenize",
        abstract: "Show the token ids of texts.",
        discussion: """
            Reads one JSON string a line and writes one JSON list of ids a line, in the same order. Needs only the \
            checkpoint's tokenizer.json and its prompts, not the weights; nothing is cut.
            """
    )

    @Option(help: ArgumentHelp("The folder of the checkpoint, or the name of a model in the store.", valueName: "DIR"))
    var model: String

    @Option(help: "Put this task's prompt in front, as embedding does. Models without prompts ignore it.")
    var task: TaskOption?

    @Flag(help: "Put no prompt in front, to compare with the reference tokenizer.")
    var raw = false

    func validate() throws {
        if raw, task != nil { throw ValidationError("--raw and --task exclude each other") }
    }

    func run() async throws {
        let encoder = try TextEncoder(directory: CheckpointFolder.path(of: model))
        var input = InputFile()
        var output = StandardOutput()
        var number = 0
        while let line = try input.nextLine() {
            number += 1
            let text: String
            do throws(LineError) {
                text = try InputLine.text(line, number: number)
            } catch {
                try output.flush()
                throw error
            }
            let encoding = raw ? encoder.tokenizer.encode(text) : encoder.encode(text, task: task?.task)
            try output.write(line: Self.encode(encoding.ids))
            // Whoever writes one line and waits for its answer gets it; a whole file goes out in large writes.
            if !input.hasLine { try output.flush() }
        }
        try output.flush()
    }

    private static func encode(_ ids: [Int32]) -> [UInt8] {
        var writer = JSONWriter(capacity: ids.count * 7 + 2)
        writer.array { for id in ids { $0.value(Int(id)) } }
        return writer.bytes
    }
}
