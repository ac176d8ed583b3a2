import ArgumentParser
import FoundationEssentials
import JSONCore

/// `embed-server models`.
struct ModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "List the models in the model store.",
        discussion: "The store is $EMBED_HOME/models (EMBED_HOME is ~/.cache/embed-server unless set)."
    )

    @Flag(help: "Print one JSON object a model.")
    var json = false

    func run() throws {
        let store = ModelStore(home: HomeDirectory(environment: ProcessInfo.processInfo.environment))
        let models = store.models()
        var output = StandardOutput()
        if json {
            for model in models { try output.write(line: Self.encode(model, directory: store.directory)) }
        } else if models.isEmpty {
            StandardError.write("no models in \(store.directory)\n")
        } else {
            for line in Self.table(models) { try output.write(line: Array(line.utf8)) }
        }
        try output.flush()
    }

    private static func table(_ models: [StoredModel]) -> [String] {
        let rows =
            [["MODEL", "SIZE", "LICENCE", "FROM"]]
            + models.map { model in
                let source = model.manifest.flatMap { manifest in
                    manifest.repository.map { "\($0) at \((manifest.commit ?? "").prefix(12))" }
                }
                return [
                    model.id, ByteCount(model.size).description, model.manifest?.licence ?? "-",
                    model.isComplete ? source ?? "-" : "(incomplete: pull it again, or remove it)",
                ]
            }
        let widths = (0..<3).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count + 2) }.joined() + row[3]
        }
    }

    private static func encode(_ model: StoredModel, directory: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.object {
            $0.key("id")
            $0.value(model.id)
            $0.key("path")
            $0.value("\(directory)/\(model.id)")
            $0.key("bytes")
            $0.value(model.size)
            $0.key("complete")
            $0.value(model.isComplete)
            let manifest = model.manifest
            let facts = [
                ("repository", manifest?.repository), ("commit", manifest?.commit), ("licence", manifest?.licence),
            ]
            for (name, value) in facts {
                $0.key(name)
                $0.value(value.map { JSONValue.string($0) } ?? .null)
            }
        }
        return writer.bytes
    }
}
