import HTTPCore
import HTTPTypes
import JSONCore
import Testing

@testable import EmbedServer

@Suite("OpenAPI")
struct OpenAPITests {
    private func document() async throws -> JSONValue { try await TestClient().send(.get, "/openapi.json").json }

    @Test("every route is described, and nothing else")
    func routes() async throws {
        let paths = try #require(try await document()["paths"]?.object)
        var described: Set<String> = []
        for (path, item) in paths.members {
            for (method, _) in item.object?.members ?? [] { described.insert("\(method.uppercased()) \(path)") }
        }
        var served: Set<String> = []
        for route in try TestClient().routes {
            for method in route.methods { served.insert("\(method.rawValue) \(route.pattern)") }
        }
        #expect(described == served)
    }

    @Test("every member of a request is described, and nothing else")
    func requestMembers() async throws {
        let schema = try await document()["components"]?["schemas"]?["EmbeddingsRequest"]
        let names = try #require(schema?["properties"]?.object?.members.map(\.name))
        #expect(Set(names) == Set(EmbeddingsRequest.MemberNames.all))
        #expect(names.count == Set(names).count)
    }

    @Test("every member of an answer is described")
    func answerMembers() async throws {
        let schemas = try await document()["components"]?["schemas"]
        let client = try TestClient()
        let answers = [
            ("EmbeddingsResponse", try await client.embed(#"{"input":"a","return_truncated":true}"#).json),
            ("Explanation", try await client.post("/v1/explain", #"{"input":"a"}"#).json),
            ("Model", try await client.send(.get, "/v1/models").json["data"]?.array?.first),
            ("Error", try await client.embed("{}").json),
            ("Status", try await client.send(.get, "/readyz").json),
        ]
        for (name, answer) in answers { try check(answer, against: schemas?[name], name) }
    }

    /// Compares the members of objects, down to the items of lists.
    private func check(_ value: JSONValue?, against schema: JSONValue?, _ place: String) throws {
        let value = try #require(value)
        if let members = value.object?.members, let properties = schema?["properties"] {
            for (name, value) in members {
                let property = try #require(properties[name], "\(place).\(name)")
                try check(value, against: property, "\(place).\(name)")
            }
            for name in schema?["required"]?.array?.compactMap(\.string) ?? [] {
                #expect(value[name] != nil, "\(place).\(name)")
            }
        } else if let first = value.array?.first, let items = schema?["items"] {
            try check(first, against: items, "\(place)[0]")
        }
    }

    @Test("references lead somewhere")
    func references() async throws {
        let document = try await document()
        var count = 0
        func visit(_ value: JSONValue) {
            if let reference = value["$ref"]?.string {
                count += 1
                let target = reference.split(separator: "/").dropFirst().reduce(document) { value, name in
                    value?[String(name)]
                }
                #expect(target != nil, "\(reference)")
            }
            for (_, member) in value.object?.members ?? [] { visit(member) }
            for item in value.array ?? [] { visit(item) }
        }
        visit(document)
        #expect(count > 20)
    }

    @Test("the words of a task are those that are understood")
    func tasks() async throws {
        let words = try await document()["components"]?["schemas"]?["Task"]?["enum"]?.array?.compactMap(\.string)
        for word in try #require(words) { #expect(TaskName.task(word) != nil, "\(word)") }
    }
}
