import HTTPTypes
import InferenceCore
import JSONCore
import Logging
import Testing

@testable import EmbedServer
@testable import HTTPCore

@Suite("What a client sends at length is not sent back")
struct LongValuesTests {
    /// The most octets of an answer that is an error.
    private static let limit = 4_096
    private static let long = String(repeating: "ab\"\u{1}é/:[.", count: 2_000)

    /// The members that the dialects know, anywhere in a body.
    private static let names =
        EmbeddingsRequest.MemberNames.all + [
            "inputs", "truncation_direction", "prompt_name", "normalize", "add_special_tokens", "ids",
            "skip_special_tokens", "parameters", "prompt", "options", "name", "images", "priority", "max_tokens",
            "content", "requests", "taskType", "outputDimensionality", "autoTruncate", "title", "input_file_id",
            "endpoint", "completion_window", "metadata", "output_expires_after", "input_url", "webhook_url",
            "custom_id",
        ]

    private static let bodies: [String] = {
        let values = [
            #""\#(encoded)""#, #"["\#(encoded)"]"#, #"{"\#(encoded)":"\#(encoded)"}"#, #"[{"\#(encoded)":1}]"#,
            #"[{"content":[{"text":"a"}],"body":{"model":"\#(encoded)"},"custom_id":["\#(encoded)"]}]"#,
            String(repeating: "9", count: 20_000), #"{"parts":[{"text":"a"}],"model":"\#(encoded)"}"#,
        ]
        let members = [
            "input": #"["a"]"#, "inputs": #""a""#, "texts": #"["a"]"#, "input_type": #""search_query""#,
            "content": #"{"parts":[{"text":"a"}]}"#, "prompt": #""a""#, "ids": "[1]",
            "requests": #"[{"content":{"parts":[{"text":"a"}]}}]"#, "input_file_id": #""file-x""#,
            "endpoint": #""/v1/embeddings""#, "completion_window": #""24h""#,
        ]
        return names.flatMap { name in
            values.map { value in
                let others = members.filter { $0.key != name }.map { #""\#($0.key)":\#($0.value)"# }
                return "{" + (others + [#""\#(name)":\#(value)"#]).joined(separator: ",") + "}"
            }
        }
    }()

    private static let encoded: String = {
        var writer = JSONWriter()
        writer.value(long)
        return String(decoding: writer.bytes.dropFirst().dropLast(), as: UTF8.self)
    }()

    @Test("no error of an endpoint that reads a body repeats it")
    func bodies() async throws {
        let client = try TestClient()
        var errors = 0
        for route in client.routes where route.methods.contains(.post) {
            for body in Self.bodies {
                let path = route.pattern.replacing("{id}", with: "jina-embeddings-v5-text-small:embedContent")
                let reply = try await client.post(path, body)
                guard reply.status >= 400 else { continue }
                errors += 1
                #expect(reply.text.utf8.count <= Self.limit, "\(route.pattern): \(reply.text.prefix(300))")
            }
        }
        #expect(errors > 500)
    }

    @Test("nor does one about a path, a query or a header field")
    func heads() async throws {
        let client = try TestClient()
        let priority = try #require(HTTPField.Name("X-Priority"))
        let fields: [HTTPField.Name] = [priority, .requestTimeout, .authorization, .contentType, .traceparent, .origin]
        for route in client.routes {
            for method in route.methods where method != .options {
                for body in [#"{"input":"a"}"#, "{}"] {
                    for field in fields {
                        let query = ["format", "limit", "after", "order"].map { $0 + "=" + Self.long }
                        let reply = try await client.send(
                            method,
                            route.pattern.replacing("{id}", with: Self.long + ":embedContent") + "?"
                                + query.joined(separator: "&"),
                            fields: [field: String(repeating: "x", count: 8_000)],
                            body: Array(body.utf8)
                        )
                        guard reply.status >= 400 else { continue }
                        #expect(reply.text.utf8.count <= Self.limit, "\(route.pattern): \(reply.text.prefix(300))")
                    }
                }
            }
        }
    }

    @Test("the log repeats only an excerpt of a path")
    func log() async throws {
        let log = RecordingLogHandler()
        let access = AccessLog(logger: Logger(label: "test") { _ in log })
        access.write(
            ResponseRecord(
                id: RequestID(),
                method: .get,
                path: Self.long,
                status: .ok,
                requestBodyBytes: 0,
                bodyBytes: 0,
                isComplete: true,
                duration: .zero,
                remoteAddress: SocketAddress(host: "127.0.0.1", port: 1)
            ),
            RequestNote()
        )
        #expect(log.lines.count == 1)
        #expect(log.lines.allSatisfy { "\($0)".utf8.count < Self.limit })
    }

    @Test("a file's name, a batch's metadata and its window are bounded in octets")
    func stored() async throws {
        let client = try TestClient()
        let form = """
            --X\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n--X\r\n\
            Content-Disposition: form-data; name="file"; filename="\(String(repeating: "n", count: 10_000))"\r\n\r\n\
            {}\r\n--X--\r\n
            """
        let fields: HTTPFields = [.contentType: "multipart/form-data; boundary=X"]
        let upload = try await client.send(.post, "/v1/files", fields: fields, body: Array(form.utf8))
        #expect(upload.status == 422)
        let tall = "e" + String(repeating: "\u{301}", count: 10_000)
        for member in [
            #""metadata":{"a":"\#(tall)"}"#, #""metadata":{"\#(tall)":"a"}"#,
            #""completion_window":"\#(String(repeating: "0", count: 10_000))24h""#,
        ] {
            let body = #"{"input_file_id":"f","endpoint":"/v1/embeddings","completion_window":"24h",\#(member)}"#
            #expect(throws: APIError.self) { try BatchRequest(body: Array(body.utf8)) }
        }
    }

    @Test("one suffix of a model's name is looked at, and no name of more than 512 octets")
    func names() throws {
        let catalog = try ModelCatalog([.fake()])
        let id = "jina-embeddings-v5-text-small"
        #expect(catalog.find(id + ":query")?.task == .retrievalQuery)
        #expect(catalog.find(id + ":query:passage") == nil)
        #expect(catalog.find(id + String(repeating: ":query", count: 32_000)) == nil)
        let fitting = String(repeating: "n", count: 512)
        #expect(try ModelCatalog([.fake(ModelSettings(id: fitting))]).find(fitting) != nil)
        #expect(throws: SettingsError.self) { try ModelCatalog([.fake(ModelSettings(id: fitting + "n"))]) }
    }
}
