import HTTPTypes
import InferenceCore
import JSONCore
import Testing

@testable import EmbedServer

/// What real clients send, byte for byte, and what they must get.
@Suite("Requests of real clients")
struct ClientRequestTests {
    /// How the vectors of an answer are written, and how many values of each are kept.
    enum Form {
        case floats(Int), base64(Int), bits(Int)

        func json(_ vector: [Float]) -> JSONValue {
            switch self {
            case .floats(let count): return .array(vector.prefix(count).map { .double(Double($0)) })
            case .bits(let count):
                return .array(Quantization.binary(Array(vector.prefix(count))).map { .integer(Int($0)) })
            case .base64(let count):
                return .string(String(decoding: vector.prefix(count).withUnsafeBytes(Base64.encode), as: UTF8.self))
            }
        }
    }

    /// A request and its answer; `M` stands for the model's name.
    struct Case: CustomTestStringConvertible {
        let client: String
        let body: String
        let texts: [String]
        var task: EmbeddingTask?
        var form = Form.floats(1_024)

        var testDescription: String { client }
    }

    private static let model = "jina-embeddings-v5-text-small"

    static let cases = [
        Case(
            client: "openai-python and openai-node",
            body: #"{"model":"M","input":"hello","encoding_format":"base64"}"#,
            texts: ["hello"],
            form: .base64(1_024)
        ),
        Case(
            client: "openai-python, list",
            body: #"{"model":"M","input":["a","b"],"user":"u","dimensions":64,"encoding_format":"base64"}"#,
            texts: ["a", "b"],
            form: .base64(64)
        ),
        Case(
            client: "openai-python, extra_body",
            body: #"{"model":"M","input":["a","b"],"encoding_format":"base64","task":"retrieval.query","#
                + #""embedding_type":"binary"}"#,
            texts: ["a", "b"],
            task: .retrievalQuery,
            form: .bits(1_024)
        ),
        Case(
            client: "langchain-openai, token ids",
            body: #"{"model":"M","input":[[15339,1917]],"encoding_format":"base64"}"#,
            // What the fake model's vocabulary makes of them.
            texts: ["15339 1917"],
            form: .base64(1_024)
        ),
        Case(
            client: "langchain-openai, empty document",
            body: #"{"model":"M","input":"","encoding_format":"base64"}"#,
            texts: [""],
            form: .base64(1_024)
        ),
        Case(
            client: "langchain-openai, text",
            body: #"{"model":"M","input":["hello world"],"dimensions":64,"encoding_format":"base64"}"#,
            texts: ["hello world"],
            form: .base64(64)
        ),
        Case(
            client: "llama-index jina",
            body: #"{"input":["q"],"model":"M","encoding_type":"float"}"#,
            texts: ["q"]
        ),
        Case(
            client: "llama-index jina, bits",
            body: #"{"input":["q"],"model":"M","encoding_type":"binary","task":"retrieval.query","dimensions":64,"#
                + #""late_chunking":false}"#,
            texts: ["q"],
            task: .retrievalQuery,
            form: .bits(64)
        ),
        Case(client: "haystack jina", body: #"{"input":["a",""],"model":"M"}"#, texts: ["a", ""]),
        Case(
            client: "haystack openai",
            body: #"{"model":"M","input":"q","encoding_format":"float"}"#,
            texts: ["q"]
        ),
        Case(
            client: "litellm, langchain-community",
            body: #"{"model":"M","input":["hi"]}"#,
            texts: ["hi"]
        ),
        Case(
            client: "litellm jina_ai",
            body: #"{"model":"M","dimensions":64,"task":"retrieval.query","embedding_type":"base64","input":["hi"]}"#,
            texts: ["hi"],
            task: .retrievalQuery,
            form: .base64(64)
        ),
        Case(
            client: "elasticsearch jinaai, clustering",
            body: #"{"input":["x"],"model":"M","embedding_type":"binary","task":"separation","late_chunking":false,"#
                + #""dimensions":256}"#,
            texts: ["x"],
            task: .clustering,
            form: .bits(256)
        ),
        Case(
            client: "elasticsearch jinaai, objects; chromadb, mixed",
            body: #"{"input":[{"text":"x"}],"model":"M","embedding_type":"float","task":"retrieval.passage"}"#,
            texts: ["x"],
            task: .retrievalPassage
        ),
        Case(
            client: "elasticsearch openai",
            body: #"{"input":["x"],"model":"M","user":"u","encoding_format":"base64"}"#,
            texts: ["x"],
            form: .base64(1_024)
        ),
        Case(
            client: "vercel jina",
            body: #"{"model":"M","input":["x"],"normalized":true,"truncate":false}"#,
            texts: ["x"]
        ),
        Case(
            client: "weaviate",
            body: #"{"input":["x"],"model":"M","embedding_type":"float","normalized":true}"#,
            texts: ["x"]
        ),
        Case(
            client: "requests, lone surrogate",
            body: #"{"input":["x\ud800"],"model":"M","encoding_type":"float"}"#,
            texts: ["x\u{FFFD}"]
        ),
        Case(
            client: "NUL",
            body: #"{"model":"M","input":"x\u0000y","encoding_format":"base64"}"#,
            texts: ["x\u{0}y"],
            form: .base64(1_024)
        ),
        Case(
            client: "herolib",
            body: #"{"input":["x"],"model":"M","dimensions":"512"}"#,
            texts: ["x"],
            form: .floats(512)
        ),
        Case(
            client: "jina-cli",
            body: #"{"model":"jina-embeddings-v5-small","input":["x"],"task":"text-matching"}"#,
            texts: ["x"],
            task: .textMatching
        ),
        Case(
            client: "truncation asked for",
            body: #"{"model":"M","input":["\#(long)"],"truncate":true}"#,
            texts: [long]
        ),
        Case(client: "no model", body: #"{"input":"x"}"#, texts: ["x"]),
    ]

    @Test("get their vectors, in the order of the inputs, in the form they asked for", arguments: cases)
    func answers(expected: Case) async throws {
        let body = expected.body.replacing("\"M\"", with: "\"\(Self.model)\"")
        let reply = try await TestClient().embed(body)
        #expect(reply.status == 200, "\(reply.text)")
        #expect(reply.fields[.contentType] == "application/json")
        #expect(reply.json.object?.members.map(\.name) == ["object", "data", "model", "usage"])
        #expect(reply.json["object"]?.string == "list")
        #expect(reply.json["model"] == (try JSONParser.parse(Array(body.utf8))["model"] ?? .string(Self.model)))
        let items = try #require(reply.json["data"]?.array)
        #expect(items.count == expected.texts.count)
        for (index, (item, text)) in zip(items, expected.texts).enumerated() {
            #expect(item.object?.members.map(\.name) == ["object", "index", "embedding"])
            #expect(item["object"]?.string == "embedding")
            #expect(item["index"]?.integer == index)
            #expect(item["embedding"] == expected.form.json(FakeBackend().vector(.text(text), expected.task)))
        }
        let usage = try #require(reply.json["usage"])
        #expect(usage.object?.members.map(\.name) == ["prompt_tokens", "total_tokens"])
        #expect(usage["prompt_tokens"] == usage["total_tokens"])
    }

    /// More tokens than the fake model takes.
    private static let long = repeatElement("word", count: 40).joined(separator: " ")

    static let refusals: [(body: String, status: Int, code: String, parameter: String)] = [
        (#"{"model":"M","input":[]}"#, 422, "VALIDATION_ERROR", "input"),
        (#"{"model":"M"}"#, 422, "VALIDATION_ERROR", "input"),
        (#"{"model":"M","input":["x"],"dimensions":4096}"#, 422, "VALIDATION_ERROR", "dimensions"),
        (#"{"model":"M","input":["x"],"task":"foo"}"#, 422, "VALIDATION_ERROR", "task"),
        (#"{"model":"nope","input":["x"]}"#, 400, "INPUT_MODEL_NOT_FOUND", "model"),
        (
            #"{"model":"M","input":["# + repeatElement(#""a""#, count: 2_049).joined(separator: ",") + "]}",
            400, "INPUT_LIMIT_EXCEEDED", "input"
        ),
        (#"{"model":"M","input":["x","\#(long)"]}"#, 400, "INPUT_TOKEN_LIMIT_EXCEEDED", "input[1]"),
        (
            #"{"model":"M","input":["x"],"embedding_type":["float","binary"]}"#, 422, "VALIDATION_ERROR",
            "embedding_type"
        ),
    ]

    @Test("are refused with the words for their mistakes", arguments: refusals)
    func refused(body: String, status: Int, code: String, parameter: String) async throws {
        let reply = try await TestClient().embed(body.replacing("\"M\"", with: "\"\(Self.model)\""))
        #expect(reply.status == status)
        #expect(reply.json["code"]?.string == code)
        let error = try #require(reply.json["error"])
        #expect(error["param"]?.string == parameter)
        #expect(error["type"]?.string == "invalid_request_error")
        #expect(reply.json["detail"] == error["message"])
        #expect(reply.json["request_id"]?.string == reply.id)
        let entry = reply.json["errors"]?.array?.first
        #expect((entry != nil) == (status == 422))
        if status == 422 { #expect(entry?["field"]?.string == "body -> \(parameter)") }
    }
}
