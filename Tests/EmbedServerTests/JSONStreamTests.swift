import HTTPCore
import HTTPTypes
import InferenceCore
import JSONCore
import Testing

@testable import EmbedServer

/// Answers written piece by piece against the same answers written at once, by code that knows nothing of pieces.
@Suite("Answers made piece by piece")
struct JSONStreamTests {
    private let backend = FakeBackend()
    private static let model = "jina-embeddings-v5-text-small"

    private func answer(_ path: String, _ body: String) async throws -> Response {
        let client = try TestClient([ServedModel(settings: ModelSettings(id: Self.model), backend: backend)])
        let head = HTTPRequest(method: .post, scheme: "http", authority: "localhost", path: path)
        let request = Request(head: head, path: path, body: Array(body.utf8), id: try #require(RequestID("r")))
        return await client.application.http.answer(request)
    }

    /// The answer to a body, whatever the length of its pieces.
    private func text(_ path: String, _ body: String, isLong: Bool) async throws -> String {
        let response = try await answer(path, body)
        let content = try response.content()
        #expect(response.status == .ok, "\(path)")
        #expect((response.stream != nil) == isLong, "\(path) \(body.prefix(80))")
        #expect(response.body.isEmpty == isLong)
        if let stream = response.stream as? JSONStream {
            for length in [1, 2, 100, 5_000, 1 << 16, .max] {
                var stream = stream
                stream.pieceBytes = length
                var pieces: [[UInt8]] = []
                while let piece = stream.next() { pieces.append(piece) }
                #expect(pieces.joined().elementsEqual(content), "\(path) in pieces of \(length)")
                #expect(pieces.dropLast().allSatisfy { $0.count >= length })
                #expect(length > 1 || pieces.count >= 5)
            }
        }
        return String(decoding: content, as: UTF8.self)
    }

    private func json(_ write: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        write(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private func vector(_ text: String, _ task: EmbeddingTask? = nil, _ dimensions: Int = 1_024) -> [Float] {
        Array(backend.vector(.text(text), task).prefix(dimensions))
    }

    private func list(_ texts: [String]) -> String { json { $0.array { for text in texts { $0.value(text) } } } }

    private func texts(_ count: Int) -> [String] { (0..<count).map { "text \"\($0)\"" } }

    /// An object of vectors, as the writer makes it of the values of any format.
    private func object(_ name: String, _ vectors: [[Float]], _ format: OutputFormat = .standard) -> String {
        json {
            $0.object {
                $0.key(name)
                $0.array { for vector in vectors { $0.value(vector, format) } }
            }
        }
    }

    @Test("/v1/embeddings in every format, short and long", arguments: [1, 3, 700])
    func embeddings(count: Int) async throws {
        let texts = texts(count)
        let formats: [(String, OutputFormat)] = [
            (#""encoding_format":"float""#, .standard),
            (#""encoding_format":"base64""#, OutputFormat(numbers: .float, wire: .base64)),
            (#""embedding_type":"binary""#, OutputFormat(numbers: .binary, wire: .list)),
            (#""output_dtype":"int8""#, OutputFormat(numbers: .int8, wire: .list)),
            (#""output_dtype":"uint8""#, OutputFormat(numbers: .uint8, wire: .list)),
            (#""output_dtype":"ubinary","encoding_format":"base64""#, OutputFormat(numbers: .ubinary, wire: .base64)),
        ]
        for (option, format) in formats {
            let isLong = count == 700 || count == 3 && format == .standard
            let text = try await text("/v1/embeddings", #"{"input":\#(list(texts)),\#(option)}"#, isLong: isLong)
            let items = texts.enumerated().map { index, text in
                #"{"object":"embedding","index":\#(index),"embedding":\#(json { $0.value(vector(text), format) })}"#
            }
            let tokens = texts.reduce(0) { $0 + $1.split(separator: " ").count + 1 }
            #expect(
                text == #"{"object":"list","data":[\#(items.joined(separator: ","))],"model":"\#(Self.model)","#
                    + #""usage":{"prompt_tokens":\#(tokens),"total_tokens":\#(tokens)}}"#
            )
        }
    }

    @Test("an input without a vector is in its place in a long answer")
    func partial() async throws {
        let long = repeatElement("word", count: 40).joined(separator: " ")
        let inputs = texts(50) + [long] + texts(50)
        let body = #"{"input":\#(list(inputs)),"partial":true,"return_truncated":true}"#
        let data = try JSONParser.parse(Array(try await text("/v1/embeddings", body, isLong: true).utf8))["data"]?.array
        #expect(data?.count == 101)
        #expect(data?[50]["embedding"] == .null)
        #expect(data?[50]["error"]?["code"]?.string == "INPUT_TOKEN_LIMIT_EXCEEDED")
        #expect(data?[51]["truncated"]?.bool == false)
    }

    @Test("the dialects, short and long", arguments: [1, 60])
    func dialects(count: Int) async throws {
        let texts = texts(count)
        let list = list(texts)
        let isLong = count > 1
        let vectors = texts.map { vector($0) }
        let numbers = json { $0.array { for vector in vectors { $0.value(vector) } } }
        let tokens = 3 * count
        #expect(try await text("/embed", #"{"inputs":\#(list)}"#, isLong: isLong) == numbers)

        let gemini = texts.map { text in "{\"content\":{\"parts\":[{\"text\":\(json { $0.value(text) })}]}}" }
        let path = "/v1beta/models/\(Self.model):"
        let values = vectors.map { vector in #"{"values":\#(json { $0.value(vector) })}"# }
        let batch = #"{"requests":[\#(gemini.joined(separator: ","))]}"#
        #expect(
            try await text(path + "batchEmbedContents", batch, isLong: isLong)
                == #"{"embeddings":[\#(values.joined(separator: ","))],"usageMetadata":{"promptTokenCount":\#(tokens)}}"#
        )
        #expect(
            try await text(path + "embedContent", gemini[0], isLong: false)
                == #"{"embedding":\#(values[0]),"usageMetadata":{"promptTokenCount":3}}"#
        )

        let ollama = try await text("/api/embed", #"{"model":"\#(Self.model)","input":\#(list)}"#, isLong: isLong)
        let parts = ollama.split(separator: ",\"total_duration\":", maxSplits: 1)
        #expect(parts.first.map(String.init) == #"{"model":"\#(Self.model)","embeddings":"# + numbers)
        #expect(parts.last?.hasSuffix(#","load_duration":0,"prompt_eval_count":\#(tokens)}"#) == true)
        let prompt = "{\"prompt\":\(json { $0.value(texts[0]) })}"
        #expect(
            try await text("/api/embeddings", prompt, isLong: false)
                == "{\"embedding\":\(json { $0.value(vectors[0]) })}"
        )
        #expect(try await text("/api/embeddings", "{}", isLong: false) == #"{"embedding":[]}"#)
    }

    @Test("Cohere's forms, one behind the other", arguments: [1, 60])
    func cohere(count: Int) async throws {
        let texts = texts(count)
        let body =
            #"{"texts":\#(list(texts)),"input_type":"clustering","embedding_types":["float","int8","base64","ubinary"]}"#
        let vectors = texts.map { vector($0, .clustering) }
        let forms = [
            ("float", OutputFormat.standard), ("int8", OutputFormat(numbers: .int8, wire: .list)),
            ("ubinary", OutputFormat(numbers: .ubinary, wire: .list)),
            ("base64", OutputFormat(numbers: .float, wire: .base64)),
        ].map { name, format in object(name, vectors, format).dropFirst().dropLast() }
        #expect(
            try await text("/v2/embed", body, isLong: count > 1)
                == #"{"id":"r","embeddings":{\#(forms.joined(separator: ","))},"texts":\#(list(texts)),"#
                + #""meta":{"api_version":{"version":"2"},"billed_units":{"input_tokens":\#(3 * count)}},"#
                + #""response_type":"embeddings_by_type"}"#
        )
    }

    @Test("the states of tokens", arguments: [1, 20])
    func states(count: Int) async throws {
        let texts = texts(count)
        let lists = texts.map { text in
            let first = vector(text)
            let states = (0..<3).map { place in Array(first[place...]) + Array(first[..<place]) }
            return json { $0.array { for state in states { $0.value(state) } } }
        }
        #expect(
            try await text("/embed_all", #"{"inputs":\#(list(texts))}"#, isLong: true)
                == "[\(lists.joined(separator: ","))]"
        )
    }

    @Test("tokens, and what is explained of them", arguments: [1, 300])
    func tokens(count: Int) async throws {
        let texts = texts(count - 1) + [""]
        let tokenizer = backend.encoder.tokenizer
        let tokens = texts.map { Array($0.utf8) }.enumerated().map { index, octets in
            json {
                $0.array {
                    for token in tokenizer.tokens(of: texts[index], addSpecialTokens: true).tokens {
                        $0.object {
                            $0.key("id")
                            $0.value(Int(token.id))
                            $0.key("text")
                            $0.value(token.range.map { String(decoding: octets[$0], as: UTF8.self) } ?? token.piece)
                            $0.key("special")
                            $0.value(token.isSpecial)
                            $0.key("start")
                            $0.optional(token.range?.lowerBound)
                            $0.key("stop")
                            $0.optional(token.range?.upperBound)
                        }
                    }
                }
            }
        }
        #expect(
            try await text("/tokenize", #"{"inputs":\#(list(texts))}"#, isLong: count > 1)
                == "[\(tokens.joined(separator: ","))]"
        )
        let explained = try await text("/v1/explain", #"{"input":\#(list(texts))}"#, isLong: count > 1)
        let inputs = try #require(try JSONParser.parse(Array(explained.utf8))["inputs"]?.array)
        #expect(inputs.count == count)
        for (index, input) in inputs.enumerated() {
            #expect(input.object?.members.map(\.name) == Self.explainedMembers)
            #expect(input["index"]?.integer == index)
            #expect(input["token_count"]?.integer == input["tokens"]?.array?.count)
        }
    }

    private static let explainedMembers = ["index", "text", "token_count", "truncated", "refused", "tokens"]

    @Test("what is held is the vectors, and a piece is little more than it should be")
    func memory() async throws {
        let response = try await answer("/v1/embeddings", #"{"input":\#(list(texts(200)))}"#)
        var stream = try #require(response.stream)
        #expect(stream.length == nil)
        #expect((200 * 4_096..<200 * 4_200).contains(stream.heldBytes))
        var total = 0
        while let piece = try stream.next() {
            #expect(piece.count < 2 * BodyPiece.bytes)
            total += piece.count
        }
        #expect(total > 4 * BodyPiece.bytes)
        #expect(try stream.next() == nil)
    }

    @Test("units of lists, of which some are empty")
    func lists() {
        let units = ListUnits([2, 0, 1])
        #expect(
            (0..<units.count).map { units[$0] } == [
                .open(list: 0), .item(0, list: 0), .item(1, list: 0), .close(list: 0), .open(list: 1), .close(list: 1),
                .open(list: 2), .item(0, list: 2), .close(list: 2),
            ]
        )
        #expect(ListUnits([]).count == 0)
    }
}
