import Foundation
import HTTPTypes
import InferenceCore
import JSONCore
import Testing

@testable import EmbedServer

@Suite("What batches keep of what clients send")
struct BatchInputTests {
    @Test("shared members are judged before they are repeated, and repeated as they were understood")
    func shared() throws {
        let long = String(repeating: "x", count: 500_000)
        let inputs = Array(repeating: #""a""#, count: 2_000).joined(separator: ",")
        #expect(throws: APIError.self) {
            try JinaBatchRequest(body: Array(#"{"task":"\#(long)","input":[\#(inputs)]}"#.utf8))
        }
        for name in ["embedding_type", "dimensions", "normalized", "truncate"] {
            #expect(throws: APIError.self) {
                try JinaBatchRequest(body: Array(#"{"\#(name)":["\#(long)","\#(long)"],"input":[\#(inputs)]}"#.utf8))
            }
        }
        let spread = String(repeating: " ", count: 100_000)
        let body = #"""
            {"task":"search_query","dimensions":"2","truncate":"true","normalized":0,"embedding_type":["float"],
            "late_chunking":"\#(long)","input":["a",\#(spread){"body":{"input":"b","task":"clustering"}}]}
            """#
        let request = try JinaBatchRequest(body: Array(body.utf8))
        let lines = String(decoding: try request.lines(limit: 10_000), as: UTF8.self).split(separator: "\n")
        let all = #""dimensions":2,"normalized":false,"truncate":true,"embedding_type":"float"}}"#
        let start = #""method":"POST","url":"/v1/embeddings","body":{"#
        #expect(
            lines == [
                #"{"custom_id":"request-0",\#(start)"input":"a","task":"retrieval.query",\#(all)"#,
                #"{"custom_id":"request-1",\#(start)"input":"b","task":"clustering",\#(all)"#,
            ]
        )
    }

    @Test("the requests are not written beyond the limit of a file", .timeLimit(.minutes(1)))
    func limit() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/batches-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var settings = BatchSettings(directory: folder)
        settings.maximumFileBytes = 10_000
        let client = try TestClient(batch: settings)
        let model = "jina-embeddings-v5-text-small"
        func body(_ count: Int) -> String {
            let inputs = Array(repeating: #""a""#, count: count).joined(separator: ",")
            return #"{"model":"\#(model)","input":[\#(inputs)]}"#
        }
        #expect(try await client.post("/v1/batch/embeddings", body(10)).status == 202)
        let refused = try await client.post("/v1/batch/embeddings", body(2_000))
        #expect(refused.status == 413)
        #expect(refused.json["detail"]?.string?.contains("10000 bytes") == true)
        #expect(try await client.send(.get, "/v1/files").json["data"]?.array?.count == 1)
        let unknown = #"{"model":"\#(String(repeating: "m", count: 600))","input":["a"]}"#
        #expect(try await client.post("/v1/batch/embeddings", unknown).status == 400)
    }

    @Test("a line's other members are stepped over, however deep or long they are")
    func line() throws {
        let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        let start = #"{"custom_id":"a","method":"POST","url":"/v1/embeddings","x":\#(deep),"y":"\#(deep)","#
        let line = Array((start + #""body":{"input":"a"}}"#).utf8)
        let read = try BatchLine(line)
        #expect(read.customID == "a")
        #expect(String(decoding: line[read.body], as: UTF8.self) == #"{"input":"a"}"#)
        for name in ["custom_id", "method", "url"] {
            let others = [("custom_id", #""a""#), ("method", #""POST""#), ("url", #""/v1/embeddings""#)]
            for value in [deep, "5", #""\#(String(repeating: "x", count: 513))""#] {
                let members = others.map { #""\#($0.0)":\#($0.0 == name ? value : $0.1)"# }.joined(separator: ",")
                let error = #expect(throws: BatchFault.self) { try BatchLine(Array("{\(members),\"body\":{}}".utf8)) }
                #expect(error?.parameter == name)
            }
        }
        for broken in [#"{"x":"abc"#, #"{"x":"abc\"}"#, #"{"x":"\#("\\")"#, #"{"x":[1"#] {
            let error = #expect(throws: BatchFault.self) { try BatchLine(Array(broken.utf8)) }
            #expect(error?.code == "invalid_json_line")
        }
    }
}
