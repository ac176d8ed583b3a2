import Foundation
import HTTPTypes
import InferenceCore
import JSONCore
import Testing

@testable import EmbedServer

@Suite("POST /v1/embeddings")
struct EmbeddingsEndpointTests {
    private static let model = "jina-embeddings-v5-text-small"

    @Test("vectors, order, index and usage are those of the inputs", arguments: Transport.allCases)
    func contents(transport: Transport) async throws {
        let reply = try await TestClient(on: transport).embed(#"{"input":["one two","three"],"dimensions":8}"#)
        let backend = FakeBackend()
        for (index, text) in ["one two", "three"].enumerated() {
            let item = try #require(reply.json["data"]?.array?[index])
            #expect(item["object"]?.string == "embedding")
            #expect(item["index"]?.integer == index)
            let expected = backend.vector(.text(text), nil).prefix(8).map(Double.init)
            #expect(item["embedding"]?.array?.compactMap(\.double) == expected)
        }
        #expect(reply.json["usage"]?["prompt_tokens"]?.integer == 5)
        #expect(reply.json["usage"]?["total_tokens"]?.integer == 5)
        #expect(reply.fields[HTTPField.Name("openai-processing-ms")!].flatMap { Int($0) } != nil)
    }

    @Test(
        "token ids of cl100k become text; a model's own are passed on; else 422 with advice",
        arguments: Transport.allCases
    )
    func tokenIDs(transport: Transport) async throws {
        func last(_ input: TokenInput, _ body: String) async throws -> ([EmbeddingInput]?, TestClient.Reply) {
            let backend = FakeBackend()
            let settings = ModelSettings(id: Self.model, tokenInput: input)
            let reply = try await TestClient([ServedModel(settings: settings, backend: backend)]).embed(body)
            return (backend.lastRequest?.inputs, reply)
        }
        #expect(try await last(.cl100kBase, #"{"input":[[1,2],[3]]}"#).0 == [.text("1 2"), .text("3")])
        #expect(try await last(.cl100kBase, #"{"input":[1,2]}"#).0 == [.text("1 2")])
        #expect(try await last(.model, #"{"input":[1,2]}"#).0 == [.tokens([1, 2])])
        let outOfRange = try await last(.cl100kBase, #"{"input":[[1],[100300]]}"#).1
        #expect(outOfRange.status == 422)
        #expect(outOfRange.json["error"]?["param"]?.string == "input[1]")
        for reply in [
            try await last(.reject, #"{"input":[1]}"#).1,
            try await TestClient([.fake(nil, .bert)], on: transport).embed(#"{"input":[[1]]}"#),
        ] {
            #expect(reply.status == 422)
            #expect(reply.json["detail"]?.string?.contains("check_embedding_ctx_length=False") == true)
        }
    }

    @Test("over the limit: the whole request fails, or the input is cut", arguments: Transport.allCases)
    func length(transport: Transport) async throws {
        let long = repeatElement("word", count: 40).joined(separator: " ")
        let refused = try await TestClient(on: transport).embed(#"{"input":["a","\#(long)"]}"#)
        #expect(refused.status == 400)
        #expect(refused.json["code"]?.string == "INPUT_TOKEN_LIMIT_EXCEEDED")
        #expect(refused.json["error"]?["param"]?.string == "input[1]")
        let detail = try #require(refused.json["detail"]?.string)
        for sentence in [
            "Input text exceeds the model's maximum of 32 tokens. Use 'truncate: true' to automatically truncate",
            "This model's maximum context length is 32 tokens", "input[1]",
            "Please reduce your prompt; or completion length.",
        ] { #expect(detail.contains(sentence)) }
        let cut = try await TestClient(on: transport).embed(#"{"input":["\#(long)"],"truncate":true}"#)
        #expect(cut.json["usage"]?["total_tokens"]?.integer == 32)
    }

    @Test("dimensions are those of the model", arguments: Transport.allCases)
    func dimensions(transport: Transport) async throws {
        let over = try await TestClient(on: transport).embed(#"{"input":"a","dimensions":4096}"#)
        #expect(over.status == 422)
        let entry = try #require(over.json["errors"]?.array?.first)
        #expect(entry["field"]?.string == "body -> dimensions")
        #expect(entry["message"]?.string == "Input should be less than or equal to 1024")
        #expect(entry["type"]?.string == "less_than_equal")
        #expect(entry["input"]?.integer == 4_096)
        let bert = try TestClient([.fake(nil, .bert)], on: transport)
        #expect(try await bert.embed(#"{"input":"a","dimensions":384}"#).status == 200)
        let cut = try await bert.embed(#"{"input":"a","dimensions":64}"#)
        #expect(cut.status == 422)
        #expect(cut.json["detail"]?.string?.contains("only be 384") == true)
    }

    @Test("the task of the request wins over that of the name, that over the operator's", arguments: Transport.allCases)
    func tasks(transport: Transport) async throws {
        func task(_ body: String, default defaultTask: EmbeddingTask? = nil) async throws -> EmbeddingTask? {
            let backend = FakeBackend()
            let settings = ModelSettings(id: Self.model, defaultTask: defaultTask)
            _ = try await TestClient([ServedModel(settings: settings, backend: backend)]).embed(body)
            return try #require(backend.lastRequest).task
        }
        #expect(try await task(#"{"input":"a"}"#) == nil)
        #expect(try await task(#"{"input":"a"}"#, default: .clustering) == .clustering)
        let named = #"{"input":"a","model":"\#(Self.model):retrieval.query"}"#
        #expect(try await task(named, default: .clustering) == .retrievalQuery)
        let both = #"{"input":"a","model":"\#(Self.model):retrieval.query","task":"text-matching"}"#
        #expect(try await task(both) == .textMatching)
    }

    @Test("a model without tasks takes any task and ignores it, but no nonsense", arguments: Transport.allCases)
    func symmetricModel(transport: Transport) async throws {
        let backend = FakeBackend(.bert)
        let client = try TestClient([ServedModel(settings: .standard, backend: backend)])
        #expect(try await client.embed(#"{"input":"a","task":"retrieval.query"}"#).status == 200)
        #expect(backend.lastRequest?.task == nil)
        #expect(try await client.embed(#"{"input":"a","task":"foo"}"#).status == 422)
    }

    @Test("a checkpoint for one task refuses the others", arguments: Transport.allCases)
    func singleTask(transport: Transport) async throws {
        let client = try TestClient([.fake(nil, .retrievalOnly)], on: transport)
        #expect(try await client.embed(#"{"input":"a","task":"retrieval.query"}"#).status == 200)
        let reply = try await client.embed(#"{"input":"a","task":"clustering"}"#)
        #expect(reply.status == 422)
        #expect(reply.json["error"]?["param"]?.string == "task")
        #expect(reply.json["detail"]?.string?.hasSuffix("only retrieval.query, retrieval.passage.") == true)
    }

    @Test("the operator's length of vectors holds where the request names none", arguments: Transport.allCases)
    func defaultDimensions(transport: Transport) async throws {
        let client = try TestClient([.fake(ModelSettings(id: Self.model, defaultDimensions: 16))], on: transport)
        #expect(try await client.embed(#"{"input":"a"}"#).embedding()?.array?.count == 16)
        #expect(try await client.embed(#"{"input":"a","dimensions":32}"#).embedding()?.array?.count == 32)
    }

    @Test("an error has one body for the readers of three APIs", arguments: Transport.allCases)
    func errorBody(transport: Transport) async throws {
        let reply = try await TestClient(on: transport).embed(#"{"model":"nope","input":"a"}"#)
        #expect(reply.status == 400)
        #expect(reply.json.object?.members.map(\.name) == ["detail", "code", "request_id", "error"])
        let message = "Model 'nope' not found. Available models: \(Self.model)"
        #expect(reply.json["detail"]?.string == message)
        #expect(reply.json["code"]?.string == "INPUT_MODEL_NOT_FOUND")
        #expect(reply.json["request_id"]?.string == reply.id)
        let error = try #require(reply.json["error"]?.object)
        #expect(error.members.map(\.name) == ["message", "type", "param", "code"])
        #expect(error["message"]?.string == message)
        #expect(error["type"]?.string == "invalid_request_error")
        #expect(error["param"]?.string == "model")
        #expect(error["code"]?.string == "model_not_found")
    }

    @Test(
        "failures of the engine have their statuses",
        arguments: Transport.allCases,
        [
            (.tokenOutOfRange(index: 0, id: 9, vocabularySize: 5), 422, "invalid_request_error"),
            (.emptyTokens(index: 0), 422, "invalid_request_error"),
            (.dimensionsOutOfRange(requested: 9, range: 1...4), 422, "invalid_request_error"),
            (.overloaded(retryAfter: .milliseconds(2_500)), 429, "requests"),
            (.shuttingDown, 503, "server_error"),
            (.notFinite(index: 0), 500, "server_error"),
            (.computeFailed(reason: "secret"), 500, "server_error"),
        ] as [(EmbeddingError, Int, String)]
    )
    func engineFailures(transport: Transport, test: (EmbeddingError, Int, String)) async throws {
        let (failure, status, type) = test
        let client = try TestClient([.fake(failure: failure)], on: transport)
        let reply = try await client.embed(#"{"input":"a"}"#)
        #expect(reply.status == status)
        #expect(reply.json["error"]?["type"]?.string == type)
        #expect(!reply.text.contains("secret"))
        if status == 429 {
            #expect(reply.fields[.retryAfter] == "3")
            #expect(reply.fields[HTTPField.Name("retry-after-ms")!] == "2500")
        }
        if case .computeFailed = failure {
            #expect(try await client.send(.get, "/readyz").status == 503)
            #expect(try await client.embed(#"{"input":"a"}"#).status == 503)
        }
    }

    @Test("before the models are loaded: 503", arguments: Transport.allCases)
    func unavailable(transport: Transport) async throws {
        let client = try TestClient([], on: transport)
        #expect(try await client.embed(#"{"input":"a"}"#).status == 503)
        client.state.drain()
        #expect(try await client.embed(#"{"input":"a"}"#).status == 503)
    }

    @Test("while draining, what still arrives is served", arguments: Transport.allCases)
    func draining(transport: Transport) async throws {
        let client = try TestClient(on: transport)
        client.state.drain()
        #expect(try await client.embed(#"{"input":"a"}"#).status == 200)
        #expect(try await client.send(.get, "/readyz").status == 503)
    }
}
