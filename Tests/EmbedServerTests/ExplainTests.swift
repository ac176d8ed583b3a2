import Foundation
import HTTPTypes
import InferenceCore
import JSONCore
import Testing

@testable import EmbedServer

@Suite("POST /v1/explain, and what is said about cuts")
struct ExplainTests {
    private static let model = "jina-embeddings-v5-text-small"

    @Test("the task, its source and what follows from it")
    func task() async throws {
        let settings = ModelSettings(
            id: Self.model,
            aliases: [ModelAlias("voyage", defaultTask: .classification, defaultDimensions: 64)],
            defaultTask: .clustering,
            defaultDimensions: 128
        )
        let client = try TestClient([.fake(settings)])
        let cases: [(body: String, task: String, source: String, adapter: String, prompt: String, dimensions: Int)] = [
            (#"{"input":"a"}"#, "clustering", "settings", "clustering", "Document: ", 128),
            (#"{"input":"a","model":"voyage"}"#, "classification", "name", "classification", "Document: ", 64),
            (#"{"input":"a","model":"voyage:query"}"#, "retrieval.query", "name", "retrieval", "Query: ", 64),
            (
                #"{"input":"a","model":"voyage","task":"query","dimensions":8}"#, "retrieval.query", "request",
                "retrieval", "Query: ", 8
            ),
        ]
        for expected in cases {
            let json = try await client.post("/v1/explain", expected.body).json
            #expect(json["model"]?.string == Self.model)
            #expect(json["task"]?.string == expected.task)
            #expect(json["task_source"]?.string == expected.source)
            #expect(json["adapter"]?.string == expected.adapter)
            #expect(json["prompt"]?.string == expected.prompt)
            #expect(json["dimensions"]?.integer == expected.dimensions)
            #expect(json["inputs"]?.array?.first?["text"]?.string == expected.prompt + "a")
        }
        let plain = try await TestClient().post("/v1/explain", #"{"input":"a"}"#).json
        #expect(plain["task"]?.string == "text-matching")
        #expect(plain["task_source"]?.string == "model")
        #expect(plain["requested_model"] == .null)
    }

    @Test("the tokens are those of the tokenizer, each with its place")
    func tokens() async throws {
        let json = try await TestClient().post("/v1/explain", #"{"input":["foxes jump","é"],"task":"query"}"#).json
        let encoder = FakeBackend().encoder
        let inputs = try #require(json["inputs"]?.array)
        for (input, text) in zip(inputs, ["Query: foxes jump", "Query: é"]) {
            let tokens = try #require(input["tokens"]?.array)
            let ids = encoder.tokenizer.encode(text).ids
            #expect(tokens.map { $0["id"]?.integer } == ids.map(Int.init))
            #expect(tokens.map { $0["piece"]?.string } == ids.map { encoder.tokenizer.piece($0) })
            #expect(tokens.last?["special"]?.bool == true)
            #expect(tokens.last?["start"] == .null)
            #expect(tokens.first?["start"]?.integer == 0)
            #expect(tokens.dropLast().last?["stop"]?.integer == text.utf8.count)
            #expect(input["token_count"]?.integer == ids.count)
        }
        #expect(json["compute"]?["kernels"]?.string == "portable")
        #expect(json["compute"]?["pooling"]?.string == "last_token")
    }

    @Test("an input over the limit would be cut, or refused in these words")
    func limits() async throws {
        let long = repeatElement("word", count: 40).joined(separator: " ")
        let cut = try await TestClient().post("/v1/explain", #"{"input":["a","\#(long)"],"truncate":true}"#).json
        let inputs = try #require(cut["inputs"]?.array)
        #expect(inputs.map { $0["truncated"]?.bool } == [false, true])
        #expect(inputs.map { $0["refused"] } == [.null, .null])
        #expect(inputs[1]["token_count"]?.integer == 32)
        let refused = try await TestClient().post("/v1/explain", #"{"input":["a","\#(long)"]}"#).json
        let embedded = try await TestClient().embed(#"{"input":["a","\#(long)"]}"#)
        #expect(refused["inputs"]?.array?[1]["refused"]?.string == embedded.json["detail"]?.string)
        #expect(refused["inputs"]?.array?[0]["refused"] == .null)
        let ids = try TestClient([.fake(ModelSettings(id: Self.model, tokenInput: .model))])
        let tokens = try await ids.post("/v1/explain", #"{"input":[[97],[999999]]}"#).json["inputs"]?.array
        #expect(tokens?[0]["tokens"]?.array?[0]["piece"]?.string == "a")
        #expect(tokens?[0]["text"] == .null)
        #expect(tokens?[1]["refused"]?.string?.contains("999999") == true)
    }

    @Test(
        "tokens that people look at count against the limit of a key",
        arguments: [
            ("/tokenize", #"{"inputs":"\#(longText)"}"#), ("/v1/explain", #"{"input":"\#(longText)","truncate":true}"#),
            ("/decode", #"{"ids":[[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16],[3,4,5,6]]}"#),
        ]
    )
    func charged(pattern: String, body: String) async throws {
        let path = FileManager.default.temporaryDirectory.path + "/keys-\(UUID().uuidString).json"
        defer { try? FileManager.default.removeItem(atPath: path) }
        // More than a minute's tokens leave a debt that takes minutes to pay.
        let keys = #"{"keys":[{"name":"a","key":"secret-a","tokensPerMinute":4}]}"#
        try Data(keys.utf8).write(to: URL(fileURLWithPath: path))
        let client = try TestClient(keys: try KeyRing(apiKeys: [], path: path))
        let fields: HTTPFields = [.authorization: "Bearer secret-a"]
        #expect(try await client.post(pattern, body, fields: fields).status == 200)
        let second = try await client.post(pattern, body, fields: fields)
        #expect(second.status == 429)
        #expect(second.text.contains("tokens per minute"))
    }

    private static let longText = String(repeating: "word ", count: 40)

    @Test("what embeddings refuse is refused here, in the same words")
    func refusals() async throws {
        for body in [#"{"input":[]}"#, #"{"input":"a","task":"foo"}"#, #"{"input":"a","model":"nope"}"#] {
            let explained = try await TestClient().post("/v1/explain", body)
            let embedded = try await TestClient().embed(body)
            #expect(explained.status == embedded.status)
            #expect(explained.json["detail"] == embedded.json["detail"])
        }
    }

    @Test("every answer says what was cut, in a field and on request in its items")
    func truncation() async throws {
        let long = #""\#(repeatElement("word", count: 40).joined(separator: " "))""#
        let cut = try await TestClient().embed(#"{"input":["a",\#(long),"b",\#(long),\#(long)],"truncate":true}"#)
        #expect(cut.fields[.truncatedInputs] == "3; inputs=1,3-4")
        #expect(cut.json["data"]?.array?[1]["truncated"] == nil)
        let whole = try await TestClient().embed(#"{"input":["a",\#(long)],"truncate":true,"return_truncated":true}"#)
        #expect(whole.json["data"]?.array?.map { $0["truncated"]?.bool } == [false, true])
        #expect(try await TestClient().embed(#"{"input":"a"}"#).fields[.truncatedInputs] == "0")
    }

    @Test("a long list of cuts goes on with dots")
    func longList() {
        let every = TruncatedInputs((0..<2_048).map { $0.isMultiple(of: 2) }).field
        #expect(every.hasPrefix("1024; inputs=0,2,4,"))
        #expect(every.hasSuffix(",126,..."))
        #expect(TruncatedInputs(Array(repeating: true, count: 2_048)).field == "2048; inputs=0-2047")
    }
}
