import HTTPCore
import HTTPTypes
import InferenceCore
import JSONCore
import Testing

@testable import EmbedServer

@Suite("Dialects")
struct DialectTests {
    private static let model = "jina-embeddings-v5-text-small"
    private static let long = repeatElement("word", count: 40).joined(separator: " ")

    private func client(_ backend: FakeBackend, _ transport: Transport) throws -> TestClient {
        try TestClient([ServedModel(settings: ModelSettings(id: Self.model), backend: backend)], on: transport)
    }

    private func expected(_ text: String, _ task: EmbeddingTask?, _ count: Int = 1_024) -> [Double] {
        FakeBackend().vector(.text(text), task).prefix(count).map(Double.init)
    }

    @Test("every dialect gives the vectors of its inputs, in their order", arguments: Transport.allCases)
    func vectors(transport: Transport) async throws {
        let client = try TestClient(on: transport)
        let tei = try await client.post("/embed", #"{"inputs":["a","b"],"prompt_name":"query","dimensions":4}"#)
        #expect(
            tei.json.array?.map { $0.array?.compactMap(\.double) }
                == ["a", "b"].map { expected($0, .retrievalQuery, 4) }
        )
        #expect(tei.fields[HTTPField.Name("x-compute-tokens")!] == "4")
        #expect(tei.fields[HTTPField.Name("x-compute-characters")!] == "2")
        #expect(try await client.post("/embed", #"{"inputs":"a"}"#).json.array?.count == 1)
        #expect(
            try await client.post("/", #"{"inputs":["a","b"],"prompt_name":"query","dimensions":4}"#).text == tei.text
        )
        let all = try await client.post("/embed_all", #"{"inputs":["a b","c"],"prompt_name":"query"}"#)
        let states = try #require(all.json.array).map { ($0.array ?? []).map { $0.array?.compactMap(\.double) } }
        #expect(states.map(\.count) == [3, 2])
        for (states, text) in zip(states, ["a b", "c"]) {
            let first = expected(text, .retrievalQuery)
            #expect(states == states.indices.map { Array(first[$0...] + first[..<$0]) })
        }
        #expect(all.fields[HTTPField.Name("x-compute-tokens")!] == "5")
        let cohere = try await client.post(
            "/v2/embed",
            #"{"texts":["a","b"],"model":"jina-embeddings-v5-text-small","input_type":"search_document","#
                + #""embedding_types":["int8","float","base64","ubinary"],"output_dimension":8}"#
        )
        #expect(cohere.json.object?.members.map(\.name) == ["id", "embeddings", "texts", "meta", "response_type"])
        let forms = try #require(cohere.json["embeddings"])
        #expect(forms.object?.members.map(\.name) == ["float", "int8", "ubinary", "base64"])
        let vector = Array(FakeBackend().vector(.text("b"), .retrievalPassage).prefix(8))
        #expect(forms["float"]?.array?[1].array?.compactMap(\.double) == vector.map(Double.init))
        #expect(forms["int8"]?.array?[1].array?.compactMap(\.integer) == Quantization.int8(vector).map(Int.init))
        #expect(forms["ubinary"]?.array?[1].array?.compactMap(\.integer) == Quantization.ubinary(vector).map(Int.init))
        let octets = vector.withUnsafeBytes { String(decoding: Base64.encode($0), as: UTF8.self) }
        #expect(forms["base64"]?.array?[1].string == octets)
        #expect(cohere.json["meta"]?["billed_units"]?["input_tokens"]?.integer == 4)
        let ollama = try await client.post("/api/embed", #"{"model":"\#(Self.model):latest","input":["a","b"]}"#)
        #expect(
            ollama.json["embeddings"]?.array?.map { $0.array?.compactMap(\.double) }
                == ["a", "b"].map { expected($0, nil) }
        )
        let legacy = try await client.post("/api/embeddings", #"{"model":"\#(Self.model):query","prompt":"a"}"#)
        #expect(legacy.json["embedding"]?.array?.compactMap(\.double) == expected("a", .retrievalQuery))
        let gemini = try await client.post(
            "/v1beta/models/\(Self.model):batchEmbedContents",
            #"{"requests":[{"content":{"parts":[{"text":"a"}]},"taskType":"CLUSTERING","outputDimensionality":3},"#
                + #"{"content":{"parts":[{"text":"b"}]},"taskType":"CLUSTERING","outputDimensionality":3}]}"#
        )
        let values = gemini.json["embeddings"]?.array?.map { $0["values"]?.array?.compactMap(\.double) }
        #expect(values == ["a", "b"].map { expected($0, .clustering, 3) })
        let single = try await client.post(
            "/v1/models/\(Self.model):embedContent",
            #"{"content":{"parts":[{"text":"a"}]}}"#
        )
        #expect(single.json["embedding"]?["values"]?.array?.compactMap(\.double) == expected("a", nil))
    }

    @Test(
        "what is wrong with a body is refused in the dialect's own way, naming the field in its words",
        arguments: Transport.allCases
    )
    func refusals(transport: Transport) async throws {
        let client = try TestClient(on: transport)
        func message(_ path: String, _ body: String, id: String = "", _ status: Int) async throws -> String {
            let reply = try await client.post(path.replacing("{id}", with: Self.model + id), body)
            #expect(reply.status == status, "\(path) \(reply.text)")
            #expect(reply.json["detail"] == nil)
            switch path {
            case "/", "/embed", "/embed_all", "/similarity", "/tokenize", "/decode":
                #expect(reply.json.object?.members.map(\.name) == ["error", "error_type"])
                #expect(reply.json["error_type"]?.string == "Validation")
                return reply.json["error"]?.string ?? ""
            case "/v2/embed":
                #expect(reply.json["id"]?.string == reply.id)
                return reply.json["message"]?.string ?? ""
            case "/api/embed", "/api/embeddings", "/api/show": return reply.json["error"]?.string ?? ""
            default:
                #expect(reply.json["error"]?["code"]?.integer == status)
                return reply.json["error"]?["message"]?.string ?? ""
            }
        }
        let cohere = #""input_type":"search_query""#
        let gemini = #"{"content":{"parts":[{"text":"a"}]}"#
        let cases: [(path: String, body: String, id: String, status: Int, part: String)] = [
            ("/", "{}", "", 422, "inputs"),
            ("/embed", "{}", "", 422, "inputs"),
            ("/embed", #"{"inputs":[]}"#, "", 422, "`inputs` cannot be empty"),
            ("/embed", #"{"inputs":["a",true]}"#, "", 422, "inputs[1]"),
            ("/embed", #"{"inputs":["a","\#(Self.long)"],"truncate":false}"#, "", 422, "inputs[1]"),
            ("/embed", #"{"inputs":"a","truncation_direction":"left"}"#, "", 422, "truncation_direction"),
            ("/embed", #"{"inputs":"a","prompt_name":"foo"}"#, "", 422, "prompt_name"),
            ("/embed_all", "{}", "", 422, "inputs"),
            ("/embed_all", #"{"inputs":["a","\#(Self.long)"],"truncate":false}"#, "", 422, "inputs[1]"),
            ("/similarity", #"{"inputs":{"sentences":["a"]}}"#, "", 422, "source_sentence"),
            ("/tokenize", #"{"inputs":[5]}"#, "", 422, "inputs[0]"),
            ("/decode", #"{"ids":[[1],[9999999]]}"#, "", 422, "ids[1]"),
            ("/v2/embed", #"{"texts":["a"]}"#, "", 400, "input_type"),
            ("/v2/embed", #"{"texts":["a"],"input_type":"image"}"#, "", 400, "search_query, search_document"),
            ("/v2/embed", #"{"texts":["a",5],\#(cohere)}"#, "", 400, "texts[1]"),
            (
                "/v2/embed", #"{"texts":["a"],"output_dimension":4096,\#(cohere)}"#, "", 400,
                "less than or equal to 1024"
            ),
            ("/v2/embed", #"{"texts":["a"],"truncate":"START",\#(cohere)}"#, "", 400, "START"),
            (
                "/v2/embed", #"{"texts":["a"],"embedding_types":["float","int4"],\#(cohere)}"#, "", 400,
                "embedding_types[1]"
            ),
            ("/v2/embed", #"{"images":["a"],\#(cohere)}"#, "", 400, "text-only"),
            ("/v2/embed", #"{"texts":["a"],"model":"nope",\#(cohere)}"#, "", 404, "nope"),
            ("/v2/embed", #"{"texts":["b","\#(Self.long)"],"truncate":"NONE",\#(cohere)}"#, "", 400, "texts[1]"),
            ("/api/embed", #"{"input":["a",5]}"#, "", 400, "input[1]"),
            ("/api/embed", #"{"input":"a","model":"nope"}"#, "", 404, "Model 'nope' not found"),
            (
                "/api/embed", #"{"input":["a","\#(Self.long)"],"truncate":false}"#, "", 400,
                "the input length exceeds the context length"
            ),
            ("/api/show", #"{"model":"nope"}"#, "", 404, "nope"),
            (
                "/v1beta/models/{id}", #"{"requests":[{"content":{"parts":[{"inlineData":{}}]}}]}"#,
                ":batchEmbedContents", 400, "requests[0].content.parts[0]"
            ),
            ("/v1beta/models/{id}", gemini + #","taskType":"FOO"}"#, ":embedContent", 400, "RETRIEVAL_QUERY"),
            ("/v1beta/models/{id}", gemini + #","model":"models/other"}"#, ":embedContent", 400, "model"),
            ("/v1beta/models/{id}", gemini + #","title":"T"}"#, ":embedContent", 400, "title"),
            ("/v1beta/models/{id}", gemini + "}", ":generateContent", 404, "generateContent"),
            ("/v1beta/models/{id}", gemini + "}", "x:embedContent", 404, Self.model + "x"),
        ]
        for (path, body, id, status, part) in cases {
            let text = try await message(path, body, id: id, status)
            #expect(text.contains(part), "\(path) \(body): \(text)")
        }
    }

    @Test("failures of the server, keys and paths speak the dialect too", arguments: Transport.allCases)
    func otherRefusals(transport: Transport) async throws {
        let broken = try TestClient([.fake(failure: .notFinite(index: 0))], on: transport)
        #expect(try await broken.post("/embed", #"{"inputs":"a"}"#).status == 424)
        #expect(try await broken.post("/embed", #"{"inputs":"a"}"#).json["error_type"]?.string == "Backend")
        let large = try TestClient([.fake(failure: .tooManyTokens(count: 9_000, limit: 8_192))], on: transport)
        let tooMany = try await large.post("/embed_all", #"{"inputs":"a"}"#)
        #expect(tooMany.status == 422)
        #expect(tooMany.json["error_type"]?.string == "Validation")
        #expect(tooMany.json["error"]?.string?.hasPrefix("inputs should have at most 8192 tokens") == true)
        let busy = try TestClient([.fake(failure: .overloaded(retryAfter: .seconds(2)))], on: transport)
        let overloaded = try await busy.post("/embed", #"{"inputs":"a"}"#)
        #expect(overloaded.status == 429)
        #expect(overloaded.json["error_type"]?.string == "Overloaded")
        #expect(overloaded.fields[.retryAfter] == "2")
        let locked = try TestClient(keys: KeyRing(apiKeys: ["k"], path: nil), on: transport)
        let body = #"{"content":{"parts":[{"text":"a"}]}}"#
        let path = "/v1beta/models/\(Self.model):embedContent"
        let refused = try await locked.post(path, body)
        #expect(refused.json["error"]?["status"]?.string == "UNAUTHENTICATED")
        let key: HTTPFields = [HTTPField.Name("x-goog-api-key")!: "k"]
        #expect(try await locked.post(path, body, fields: key).status == 200)
    }

    @Test("what is cut by default is told in every dialect", arguments: Transport.allCases)
    func truncation(transport: Transport) async throws {
        let client = try TestClient(on: transport)
        let texts = #"["a","\#(Self.long)"]"#
        let tei = try await client.post("/embed", #"{"inputs":\#(texts)}"#)
        let cohere = try await client.post("/v2/embed", #"{"texts":\#(texts),"input_type":"clustering"}"#)
        let ollama = try await client.post("/api/embed", #"{"input":\#(texts)}"#)
        let gemini = try await client.post(
            "/v1beta/models/\(Self.model):embedContent",
            #"{"content":{"parts":[{"text":"\#(Self.long)"}]}}"#
        )
        for reply in [tei, cohere, ollama] { #expect(reply.fields[.truncatedInputs] == "1; inputs=1") }
        #expect(gemini.fields[.truncatedInputs] == "1; inputs=0")
        #expect(cohere.json["meta"]?["warnings"]?.array == [.string("texts[1] was truncated")])
    }

    @Test("options reach the engine", arguments: Transport.allCases)
    func options(transport: Transport) async throws {
        let backend = FakeBackend()
        let client = try client(backend, transport)
        let cohere = #"{"texts":["a"],"input_type":"search_query","max_tokens":7,"priority":5,"truncate":"NONE"}"#
        _ = try await client.post("/v2/embed", cohere)
        #expect(backend.lastRequest?.maximumTokens == 7)
        #expect(backend.lastRequest?.priority == .bulk)
        #expect(backend.lastRequest?.truncate == false)
        _ = try await client.post("/api/embed", #"{"input":"a","options":{"num_ctx":9}}"#)
        #expect(backend.lastRequest?.maximumTokens == 9)
        _ = try await client.post("/embed", #"{"inputs":["a",[1,2]],"normalize":false}"#)
        #expect(backend.lastRequest?.inputs == [.text("a"), .tokens([1, 2])])
        #expect(backend.lastRequest?.normalized == false)
        #expect(backend.lastRequest?.output == .pooled)
        _ = try await client.post("/embed_all", #"{"inputs":"a"}"#)
        #expect(backend.lastRequest?.output == .tokens)
        #expect(backend.lastRequest?.maximumTotalTokens == 8_192)
    }

    @Test("Ollama answers no text with no vector, and describes its models", arguments: Transport.allCases)
    func ollama(transport: Transport) async throws {
        let client = try TestClient(on: transport)
        #expect(try await client.post("/api/embed", #"{"input":""}"#).json["embeddings"]?.array == [])
        #expect(try await client.post("/api/embed", "{}").json["embeddings"]?.array == [])
        #expect(try await client.post("/api/embeddings", #"{"prompt":""}"#).json["embedding"]?.array == [])
        #expect(try await client.post("/api/embed", #"{"model":"nope","input":""}"#).status == 404)
        for path in ["/api/embed", "/api/embeddings"] {
            #expect(try await client.post(path, "{}", fields: [HTTPField.Name("x-priority")!: "soon"]).status == 400)
        }
        let tags = try await client.send(.get, "/api/tags").json
        #expect(tags["models"]?.array?.first?["name"]?.string == Self.model + ":latest")
        let show = try await client.post("/api/show", #"{"model":"\#(Self.model):latest"}"#).json
        #expect(show["model_info"]?["qwen3.embedding_length"]?.integer == 1_024)
        #expect(show["capabilities"]?.array == [.string("embedding")])
        #expect(try await client.send(.get, "/api/version").json["version"]?.string != nil)
    }

    @Test("tokens with their places, and back to text", arguments: Transport.allCases)
    func tokenizer(transport: Transport) async throws {
        let client = try TestClient(on: transport)
        let reply = try await client.post("/tokenize", #"{"inputs":["foxes jump"],"add_special_tokens":true}"#)
        let tokens = try #require(reply.json.array?.first?.array)
        #expect(tokens.last?["special"]?.bool == true)
        #expect(tokens.last?["start"] == .null)
        #expect(tokens.dropLast().compactMap { $0["text"]?.string }.joined() == "foxes jump")
        let ids = tokens.compactMap { $0["id"]?.integer }.map(String.init).joined(separator: ",")
        #expect(try await client.post("/decode", #"{"ids":[\#(ids)]}"#).json.array == [.string("foxes jump")])
        #expect(try await client.post("/decode", #"{"ids":[[\#(ids)],[97]]}"#).json.array?.count == 2)
        let info = try await client.send(.get, "/info").json
        #expect(info["max_input_length"]?.integer == 32)
        #expect(info["model_type"]?["embedding"]?["pooling"]?.string == "last_token")
    }

    @Test("similarity is the cosine", arguments: Transport.allCases)
    func similarity(transport: Transport) async throws {
        let client = try TestClient(on: transport)
        let body = #"{"inputs":{"source_sentence":"a","sentences":["b","a"]},"parameters":{"prompt_name":"query"}}"#
        let scores = try await client.post("/similarity", body).json.array?.compactMap(\.double)
        let a = expected("a", .retrievalQuery)
        let products = [expected("b", .retrievalQuery), a].map { Float(zip(a, $0).reduce(0) { $0 + $1.0 * $1.1 }) }
        #expect(scores?.map { Float($0) } == products)
    }
}
