import HTTPTypes
import InferenceCore
import Testing

@testable import EmbedServer

@Suite("Names of models")
struct ModelCatalogTests {
    private let small = "jina-embeddings-v5-text-small"
    private let nano = "jina-embeddings-v5-text-nano"

    private func catalog() throws -> ModelCatalog {
        try ModelCatalog([
            .fake(ModelSettings(id: small, aliases: ["text-embedding-3-small", "odd:name"])),
            .fake(ModelSettings(id: nano)),
        ])
    }

    @Test(
        "ids, publishers' prefixes, published names, aliases, task suffixes",
        arguments: [
            ("jina-embeddings-v5-text-small", "small", nil),
            ("jinaai/jina-embeddings-v5-text-small", "small", nil),
            ("jina-ai/jina-embeddings-v5-text-nano", "nano", nil),
            ("jina_ai/jina-embeddings-v5-text-nano", "nano", nil),
            ("jina-embeddings-v5-nano", "nano", nil),
            ("jinaai/jina-embeddings-v5-small", "small", nil),
            ("jina-embeddings-v5-text-nano-retrieval", "nano", .retrievalPassage),
            ("jina-embeddings-v5-text-small-text-matching", "small", .textMatching),
            ("jinaai/jina-embeddings-v5-text-small-clustering", "small", .clustering),
            ("jina-embeddings-v5-text-small-classification", "small", .classification),
            ("text-embedding-3-small", "small", nil),
            ("text-embedding-3-small:retrieval.query", "small", .retrievalQuery),
            ("jina-embeddings-v5-nano:query", "nano", .retrievalQuery),
            ("odd:name", "small", nil),
            ("odd:name:clustering", "small", .clustering),
        ] as [(String, String, EmbeddingTask?)]
    )
    func resolves(name: String, size: String, task: EmbeddingTask?) throws {
        let match = try catalog().resolve(name)
        #expect(match.model.id == "jina-embeddings-v5-text-\(size)")
        #expect(match.task == task)
    }

    @Test(
        "unknown names are refused with 400 and the list of those there are",
        arguments: [
            "nope", "", "jina-embeddings-v5-text-small:foo", "jinaai/nope", ":clustering", "JINA-embeddings-v5-nano",
        ]
    )
    func unknown(name: String) throws {
        let error = #expect(throws: APIError.self) { try catalog().resolve(name) }
        #expect(error?.status == .badRequest)
        #expect(error?.message == "Model '\(name)' not found. Available models: \(small), \(nano)")
    }

    @Test("no name is the only model, or an error where there are more")
    func missingName() throws {
        #expect(try ModelCatalog([.fake()]).resolve(nil).model.id == small)
        let error = #expect(throws: APIError.self) { try catalog().resolve(nil) }
        #expect(error?.status == .unprocessableContent)
    }

    @Test("a published name stands for nothing where its model is not served")
    func notServed() throws {
        #expect(throws: APIError.self) { try ModelCatalog([.fake(nil, .bert)]).resolve("jina-embeddings-v5-nano") }
    }

    @Test("a name may be taken once, whatever the prefix")
    func duplicates() {
        for other in [
            ModelSettings(id: small), ModelSettings(id: "jinaai/" + small),
            ModelSettings(id: "x", aliases: [ModelAlias(small)]),
        ] {
            let error = #expect(throws: SettingsError.self) {
                try ModelCatalog([.fake(), .fake(other)])
            }
            #expect(error?.field == "models[1]")
        }
    }

    @Test("an alias may imply a task and a length of vectors; a suffix wins over its task")
    func aliasDefaults() throws {
        let catalog = try ModelCatalog([
            .fake(
                ModelSettings(
                    id: small,
                    aliases: ["plain", ModelAlias("hosted/query", defaultTask: .retrievalQuery, defaultDimensions: 64)]
                )
            )
        ])
        let match = try catalog.resolve("hosted/query")
        #expect(match.task == .retrievalQuery)
        #expect(match.dimensions == 64)
        #expect(try catalog.resolve("hosted/query:clustering").task == .clustering)
        #expect(try catalog.resolve("hosted/query:clustering").dimensions == 64)
        #expect(try catalog.resolve("plain").task == nil)
        #expect(try catalog.resolve(small).dimensions == nil)
    }

    @Test("an alias that only adds the prefix is no clash")
    func ownPrefix() throws {
        _ = try ModelCatalog([
            .fake(ModelSettings(id: small, aliases: [ModelAlias("jinaai/" + small), ModelAlias(small)]))
        ])
    }

    @Test("defaults that could have no effect stop the start")
    func impossibleDefaults() {
        for description in [ModelDescription.bert, .retrievalOnly] {
            let task = #expect(throws: SettingsError.self) {
                try ModelCatalog([.fake(ModelSettings(id: "m", defaultTask: .clustering), description)])
            }
            #expect(task?.field == "models[0].defaultTask")
            let aliases = ["a", ModelAlias("b", defaultTask: .clustering)]
            let alias = #expect(throws: SettingsError.self) {
                try ModelCatalog([.fake(ModelSettings(id: "m", aliases: aliases), description)])
            }
            #expect(alias?.field == "models[0].aliases[1].defaultTask")
        }
        for (description, dimensions) in [(ModelDescription.bert, 64), (.v5, 2_000)] {
            let error = #expect(throws: SettingsError.self) {
                try ModelCatalog([.fake(ModelSettings(id: "m", defaultDimensions: dimensions), description)])
            }
            #expect(error?.field == "models[0].defaultDimensions")
        }
    }
}
