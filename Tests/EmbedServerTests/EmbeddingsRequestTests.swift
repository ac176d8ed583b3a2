import HTTPTypes
import InferenceCore
import JSONCore
import Testing

@testable import EmbedServer

@Suite("Decoding POST /v1/embeddings")
struct EmbeddingsRequestTests {
    private func decode(_ body: String) throws -> EmbeddingsRequest { try EmbeddingsRequest(body: Array(body.utf8)) }

    private func refusal(_ body: String) -> APIError? {
        #expect(throws: APIError.self) { try decode(body) }
    }

    @Test("the least request has the defaults of the hosted API")
    func defaults() throws {
        #expect(try decode(#"{"input":"a"}"#) == EmbeddingsRequest(input: .texts(["a"])))
    }

    @Test(
        "input in all its forms",
        arguments: [
            (#"{"input":"a"}"#, .texts(["a"])),
            (#"{"input":""}"#, .texts([""])),
            (#"{"input":["a",""]}"#, .texts(["a", ""])),
            (#"{"input":{"text":"a"}}"#, .texts(["a"])),
            (#"{"input":{"type":"text","text":"a"}}"#, .texts(["a"])),
            (#"{"input":["a",{"text":"b","id":3,"image":null}," c "]}"#, .texts(["a", "b", " c "])),
            (#"{"texts":["a"]}"#, .texts(["a"])),
            (#"{"content":"a"}"#, .texts(["a"])),
            (#"{"content":"b","input":"a"}"#, .texts(["a"])),
            (#"{"content":"b","texts":["a"]}"#, .texts(["a"])),
            (#"{"input":null,"texts":["a"]}"#, .texts(["a"])),
            (#"{"input":"a","input":"b"}"#, .texts(["b"])),
            (#"{"input":[1,2]}"#, .tokens([[1, 2]])),
            (#"{"input":[[1,2],[3]]}"#, .tokens([[1, 2], [3]])),
            (#"{"input":"x\ud800"}"#, .texts(["x\u{FFFD}"])),
            (#"{"input":"x\u0000y"}"#, .texts(["x\u{0}y"])),
            ("\u{FEFF}{\"input\":\"a\"}", .texts(["a"])),
        ] as [(String, EmbeddingsRequest.Input)]
    )
    func input(body: String, expected: EmbeddingsRequest.Input) throws {
        #expect(try decode(body).input == expected)
    }

    @Test(
        "options, their other names, and their careless spellings",
        arguments: [
            (#""dimensions":512"#, .with { $0.dimensions = 512 }),
            (#""dimensions":512.0"#, .with { $0.dimensions = 512 }),
            (#""dimensions":"512""#, .with { $0.dimensions = 512 }),
            (#""output_dimension":64"#, .with { $0.dimensions = 64 }),
            (#""output_dimensionality":64"#, .with { $0.dimensions = 64 }),
            (#""output_dimension":64,"dimensions":32"#, .with { $0.dimensions = 32 }),
            (#""output_dimension":64,"dimensions":null"#, .with { $0.dimensions = 64 }),
            (#""output_dimensionality":32,"output_dimension":64"#, .with { $0.dimensions = 64 }),
            (#""dimensions":32,"dimensions":"64""#, .with { $0.dimensions = 64 }),
            (#""normalized":false"#, .with { $0.normalized = false }),
            (#""normalized":"false""#, .with { $0.normalized = false }),
            (#""truncate":true"#, .with { $0.truncate = true }),
            (#""truncation":1"#, .with { $0.truncate = true }),
            (#""truncation":true,"truncate":false"#, .with { _ in }),
            (#""model":"m""#, .with { $0.model = "m" }),
            (#""task":"clustering""#, .with { $0.task = .clustering }),
            (#""task_type":"RETRIEVAL_QUERY""#, .with { $0.task = .retrievalQuery }),
            (#""input_type":"search_document""#, .with { $0.task = .retrievalPassage }),
            (#""task":"text-matching","input_type":"query""#, .with { $0.task = .textMatching }),
            (#""task_type":"CLUSTERING","task":"query""#, .with { $0.task = .retrievalQuery }),
            (#""input_type":"query","task_type":"CLUSTERING""#, .with { $0.task = .clustering }),
            (#""task":null,"input_type":"query""#, .with { $0.task = .retrievalQuery }),
            (#""task_type":"TASK_TYPE_UNSPECIFIED""#, .with { _ in }),
            (#""normalized":0,"truncate":"true""#, .with { ($0.normalized, $0.truncate) = (false, true) }),
            (#""return_truncated":true,"partial":true"#, .with { ($0.reportsTruncation, $0.isPartial) = (true, true) }),
            (#""late_chunking":false,"return_multivector":null"#, .with { _ in }),
            (#""user":"u","priority":3,"metadata":{"a":[1]},"made_up":true"#, .with { _ in }),
            (
                #""model":null,"task":null,"dimensions":null,"normalized":null,"truncate":null,"embedding_type":null"#,
                .with { _ in }
            ),
        ] as [(String, EmbeddingsRequest)]
    )
    func options(members: String, expected: EmbeddingsRequest) throws {
        #expect(try decode(#"{"input":"a",\#(members)}"#) == expected)
    }

    @Test(
        "every word for a task",
        arguments: [
            ("retrieval.query", .retrievalQuery), ("retrieval.passage", .retrievalPassage),
            ("text-matching", .textMatching), ("clustering", .clustering), ("classification", .classification),
            ("retrieval", .retrievalPassage), ("query", .retrievalQuery), ("document", .retrievalPassage),
            ("passage", .retrievalPassage), ("separation", .clustering), ("search_query", .retrievalQuery),
            ("search_document", .retrievalPassage), ("RETRIEVAL_DOCUMENT", .retrievalPassage),
            ("SEMANTIC_SIMILARITY", .textMatching), ("CLASSIFICATION", .classification), ("CLUSTERING", .clustering),
            ("QUESTION_ANSWERING", .retrievalQuery), ("FACT_VERIFICATION", .retrievalQuery),
            ("CODE_RETRIEVAL_QUERY", .retrievalQuery),
        ] as [(String, EmbeddingTask)]
    )
    func taskNames(name: String, task: EmbeddingTask) throws {
        #expect(try decode(#"{"input":"a","task":"\#(name)"}"#).task == task)
    }

    @Test(
        "formats: embedding_type wins, an injected base64 is honoured only with floats",
        arguments: [
            ("", .float, .list),
            (#","encoding_format":"float""#, .float, .list),
            (#","encoding_format":"base64""#, .float, .base64),
            (#","encoding_format":"binary""#, .binary, .list),
            (#","encoding_format":"ubinary""#, .ubinary, .list),
            (#","embedding_type":"float""#, .float, .list),
            (#","embedding_type":"base64""#, .float, .base64),
            (#","embedding_type":"binary""#, .binary, .list),
            (#","embedding_type":["ubinary"]"#, .ubinary, .list),
            (#","encoding_type":"binary""#, .binary, .list),
            (#","embedding_types":["binary"]"#, .binary, .list),
            (#","embedding_type":"float","encoding_type":"binary""#, .float, .list),
            (#","embedding_type":"float","encoding_format":"base64""#, .float, .base64),
            (#","embedding_type":"binary","encoding_format":"base64""#, .binary, .list),
            (#","embedding_type":"ubinary","encoding_format":"base64""#, .ubinary, .list),
            (#","embedding_type":"base64","encoding_format":"float""#, .float, .base64),
            (#","output_dtype":"int8""#, .int8, .list),
            (#","output_dtype":"uint8","encoding_format":"base64""#, .uint8, .base64),
            (#","output_dtype":"binary","encoding_format":"base64""#, .binary, .base64),
            (#","output_dtype":"int8","embedding_type":"ubinary""#, .ubinary, .list),
        ] as [(String, OutputFormat.Numbers, OutputFormat.Wire)]
    )
    func formats(members: String, numbers: OutputFormat.Numbers, wire: OutputFormat.Wire) throws {
        #expect(
            try decode(#"{"input":"a"\#(members)}"#).format == OutputFormat(numbers: numbers, wire: wire)
        )
    }

    @Test(
        "refusals name the status and the field",
        arguments: [
            ("", 422, nil),
            ("{", 422, nil),
            ("[]", 422, nil),
            (#"{"input":"a"} x"#, 422, nil),
            ("{\"input\":\"a\nb\"}", 422, nil),
            ("{}", 422, "input"),
            (#"{"input":null}"#, 422, "input"),
            (#"{"input":[]}"#, 422, "input"),
            (#"{"input":5}"#, 422, "input"),
            (#"{"input":{}}"#, 422, "input"),
            (#"{"input":{"text":5}}"#, 422, "input"),
            (#"{"input":["a",5]}"#, 422, "input[1]"),
            (#"{"input":["a",null]}"#, 422, "input[1]"),
            (#"{"input":[1,"a"]}"#, 422, "input[1]"),
            (#"{"input":[1,2.5]}"#, 422, "input[1]"),
            (#"{"input":[-1]}"#, 422, "input[0]"),
            (#"{"input":[1,99999999999]}"#, 422, "input[1]"),
            (#"{"input":[[1],[]]}"#, 422, "input[1]"),
            (#"{"input":[[1],"a"]}"#, 422, "input[1]"),
            (#"{"input":[[1],[2,"a"]]}"#, 422, "input[1][1]"),
            (#"{"input":[true]}"#, 422, "input[0]"),
            (#"{"input":["a",{"image":"x"}]}"#, 400, "input[1]"),
            (#"{"input":{"pdf":"x"}}"#, 400, "input"),
            (#"{"input":[{"text":"a","image":"x"}]}"#, 400, "input[0]"),
            (#"{"input":[{"content":[{"text":"a"}]}]}"#, 400, "input[0]"),
            (#"{"input":"a","model":5}"#, 422, "model"),
            (#"{"input":"a","dimensions":0}"#, 422, "dimensions"),
            (#"{"input":"a","dimensions":-5}"#, 422, "dimensions"),
            (#"{"input":"a","dimensions":1.5}"#, 422, "dimensions"),
            (#"{"input":"a","dimensions":true}"#, 422, "dimensions"),
            (#"{"input":"a","dimensions":"many"}"#, 422, "dimensions"),
            (#"{"input":"a","dimensions":1e999}"#, 422, "dimensions"),
            (#"{"input":"a","output_dimension":"x"}"#, 422, "output_dimension"),
            (#"{"input":"a","normalized":"maybe"}"#, 422, "normalized"),
            (#"{"input":"a","truncate":2}"#, 422, "truncate"),
            (#"{"input":"a","task":"foo"}"#, 422, "task"),
            (#"{"input":"a","task":5}"#, 422, "task"),
            (#"{"input":"a","input_type":"image"}"#, 422, "input_type"),
            (#"{"input":"a","embedding_type":"int4"}"#, 422, "embedding_type"),
            (#"{"input":"a","embedding_type":["float","binary"]}"#, 422, "embedding_type"),
            (#"{"input":"a","embedding_type":[]}"#, 422, "embedding_type"),
            (#"{"input":"a","encoding_format":"hex"}"#, 422, "encoding_format"),
            (#"{"input":"a","output_dtype":"base64"}"#, 422, "output_dtype"),
            (#"{"input":"a","late_chunking":true}"#, 400, "late_chunking"),
            (#"{"input":"a","return_multivector":true}"#, 400, "return_multivector"),
        ] as [(String, Int, String?)]
    )
    func refusals(body: String, status: Int, parameter: String?) throws {
        let error = try #require(refusal(body))
        #expect(error.status.code == status)
        #expect(error.parameter == parameter)
        #expect((error.violation != nil) == (status == 422))
        // Every error can be written, whatever the value at fault was.
        #expect(try JSONParser.parse(ErrorBody.encode(error, requestID: "0"))["detail"]?.string == error.message)
    }

    @Test(
        "a violation is named in pydantic's words, with the value at fault",
        arguments: [
            (#""dimensions":0"#, "greater_than", "0"), (#""dimensions":1.5"#, "int_parsing", "1.5"),
            (#""dimensions":true"#, "int_parsing", "true"), (#""truncate":2"#, "bool_parsing", "2"),
            (#""task":"foo""#, "enum", #""foo""#), (#""input":null"#, "missing", "null"),
            (#""input":[]"#, "too_short", "null"), (#""input":["a",5]"#, "string_type", "5"),
            (#""input":[[1],"a"]"#, "list_type", #""a""#), (#""input":[1,-1]"#, "int_type", "-1"),
            (#""embedding_type":["float","binary"]"#, "too_long", "null"),
        ]
    )
    func violations(members: String, type: String, input: String) throws {
        let error = try #require(refusal(#"{"input":"a",\#(members)}"#))
        #expect(error.violation?.type == type)
        #expect(error.violation?.input == (try JSONParser.parse(Array(input.utf8))))
    }

    @Test("who wants another word for a task, or several types, is told where they are")
    func advice() throws {
        let task = try #require(refusal(#"{"input":"a","task":"foo"}"#))
        for word in EmbeddingTask.allCases.map(\.rawValue) { #expect(task.message.contains(word)) }
        let types = try #require(refusal(#"{"input":"a","embedding_type":["float","binary"]}"#))
        #expect(types.message.contains("/v2/embed"))
    }

    @Test("octets that are not UTF-8 are 400")
    func invalidUTF8() {
        let error = #expect(throws: APIError.self) {
            try EmbeddingsRequest(body: Array(#"{"input":""#.utf8) + [0xFF] + Array(#""}"#.utf8))
        }
        #expect(error?.status == .badRequest)
    }

    @Test("2,048 inputs pass, one more is 400; the ids of one text are one input")
    func inputLimit() throws {
        func list(_ item: String, _ count: Int) -> String {
            #"{"input":["# + repeatElement(item, count: count).joined(separator: ",") + "]}"
        }
        #expect(try decode(list(#""a""#, 2_048)).input == .texts(Array(repeating: "a", count: 2_048)))
        #expect(refusal(list(#""a""#, 2_049))?.status == .badRequest)
        #expect(refusal(list("[1]", 2_049))?.status == .badRequest)
        #expect(try decode(list("1", 5_000)).input == .tokens([Array(repeating: 1, count: 5_000)]))
    }
}

extension EmbeddingsRequest {
    /// The request for one text `a`, changed.
    fileprivate static func with(_ change: (inout EmbeddingsRequest) -> Void) -> EmbeddingsRequest {
        var request = EmbeddingsRequest(input: .texts(["a"]))
        change(&request)
        return request
    }
}
