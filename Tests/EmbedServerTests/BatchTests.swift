import Foundation
import HTTPTypes
import InferenceCore
import JSONCore
import Testing

@testable import EmbedServer

@Suite("Batches")
struct BatchTests {
    private let folder = FileManager.default.temporaryDirectory.path + "/batches-\(UUID().uuidString)"

    private func client(
        _ models: [ServedModel] = [.fake()],
        keys: KeyRing? = nil,
        on transport: Transport,
        change: (inout BatchSettings) -> Void = { _ in }
    ) throws -> TestClient {
        var settings = BatchSettings(directory: folder)
        change(&settings)
        return try TestClient(models, keys: keys, batch: settings, on: transport)
    }

    private func upload(_ client: TestClient, _ content: String, key: String? = nil) async throws -> TestClient.Reply {
        let form = """
            --X\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n--X\r\n\
            Content-Disposition: form-data; name="file"; filename="in.jsonl"\r\n\r\n\(content)\r\n--X--\r\n
            """
        var fields: HTTPFields = [.contentType: "multipart/form-data; boundary=X"]
        fields[.authorization] = key.map { "Bearer \($0)" }
        return try await client.send(.post, "/v1/files", fields: fields, body: Array(form.utf8))
    }

    private func create(_ client: TestClient, _ file: String, window: String = "24h") async throws -> TestClient.Reply {
        let body = #"{"input_file_id":"\#(file)","endpoint":"/v1/embeddings","completion_window":"\#(window)"}"#
        return try await client.send(.post, "/v1/batches", body: Array(body.utf8))
    }

    private func line(_ id: String, _ body: String = #"{"input":"a b"}"#) -> String {
        #"{"custom_id":"\#(id)","method":"POST","url":"/v1/embeddings","body":\#(body)}"# + "\n"
    }

    /// The batch, once it is over.
    private func end(_ client: TestClient, _ id: String) async throws -> JSONValue {
        while true {
            let batch = try await client.send(.get, "/v1/batches/\(id)").json
            let status = try #require(batch["status"]?.string.flatMap(BatchStatus.init))
            if status.isFinal { return batch }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    private func lines(_ client: TestClient, _ file: JSONValue?) async throws -> [JSONValue] {
        guard let id = file?.string else { return [] }
        let content = try InputFile.contents(path: client.batches.store.folder.content(ofFile: id))
        return try content.split(separator: 0x0A).map { try JSONParser.parse(Array($0)) }
    }

    @Test(
        "each line is answered as the endpoint would answer it, and fails alone",
        .timeLimit(.minutes(1)),
        arguments: Transport.allCases
    )
    func answers(transport: Transport) async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let client = try client(on: transport)
        await client.batches.start()
        let bodies = [
            #"{"input":"a b"}"#, #"{"input":5}"#, #"{"input":["c","d"],"dimensions":2}"#,
            #"{"input":"x","model":"no"}"#,
        ]
        let input = bodies.enumerated().map { line("r\($0)", $1) }.joined(separator: "\n") + "  \n"
        let file = try #require(try await upload(client, input).json["id"]?.string)
        let made = try await create(client, file)
        #expect(made.status == 200)
        let batch = try await end(client, try #require(made.json["id"]?.string))
        #expect(batch["status"] == .string("completed"))
        let counts = batch["request_counts"]
        #expect(
            [counts?["total"], counts?["completed"], counts?["failed"]] == [.integer(4), .integer(2), .integer(2)]
        )
        let results = try await lines(client, batch["output_file_id"])
        let errors = try await lines(client, batch["error_file_id"])
        #expect(results.map { $0["custom_id"] } == [.string("r0"), .string("r2")])
        #expect(errors.map { $0["custom_id"] } == [.string("r1"), .string("r3")])
        for (result, body) in [(results[0], bodies[0]), (results[1], bodies[2])] {
            #expect(result["response"]?["body"]?["data"] == (try await client.embed(body).json["data"]))
            #expect(result["error"] == .null)
        }
        for (error, body) in [(errors[0], bodies[1]), (errors[1], bodies[3])] {
            let alone = try await client.embed(body)
            #expect(error["response"]?["status_code"] == .integer(alone.status))
            #expect(error["response"]?["body"]?["error"] == alone.json["error"])
        }
        await client.batches.stop()
    }

    @Test(
        "a file with faults fails before any of it runs, and they are named by line",
        .timeLimit(.minutes(1)),
        arguments: Transport.allCases
    )
    func faults(transport: Transport) async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let client = try client(on: transport) { $0.maximumLines = 6 }
        await client.batches.start()
        let good = line("a")
        let cases: [(String, String, Int?)] = [
            (good + good, "duplicate_custom_id", 2),
            (good + "\n{\"custom_id\"", "invalid_json_line", 3),
            (#"{"custom_id":"","method":"POST","url":"/v1/embeddings","body":{}}"#, "invalid_request", 1),
            (#"{"custom_id":"a","method":"GET","url":"/v1/embeddings","body":{}}"#, "invalid_request", 1),
            (#"{"custom_id":"a","method":"POST","url":"/v1/chat","body":{}}"#, "invalid_url", 1),
            (#"{"custom_id":"a","method":"POST","url":"/v1/embeddings","body":5}"#, "invalid_request", 1),
            ((0..<7).map { line("\($0)") }.joined(), "too_many_lines", 7),
            (" \n", "empty_file", nil),
        ]
        for (content, code, number) in cases {
            let file = try #require(try await upload(client, content).json["id"]?.string)
            let id = try #require(try await create(client, file).json["id"]?.string)
            let batch = try await end(client, id)
            #expect(batch["status"] == .string("failed"))
            let fault = batch["errors"]?["data"]?.array?.first
            #expect(fault?["code"] == .string(code))
            #expect(fault?["line"] == (number.map { .integer($0) } ?? .null), "\(code)")
            #expect(batch["output_file_id"] == .null)
        }
        await client.batches.stop()
    }

    @Test(
        "what is cancelled or too late is in the errors, every line once",
        .timeLimit(.minutes(1)),
        arguments: Transport.allCases
    )
    func cutShort(transport: Transport) async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let client = try client(on: transport)
        let content = (0..<300).map { line("\($0)") }.joined()
        let file = try #require(try await upload(client, content).json["id"]?.string)
        let cancelled = try #require(try await create(client, file).json["id"]?.string)
        let expired = try #require(try await create(client, file, window: "1s").json["id"]?.string)
        let reply = try await client.send(.post, "/v1/batches/\(cancelled)/cancel")
        #expect(reply.json["status"] == .string("cancelling"))
        let busy = try await client.send(.delete, "/v1/files/\(file)")
        #expect(busy.status == 409)
        try await Task.sleep(for: .milliseconds(2_100))
        await client.batches.start()
        for (id, status, code) in [(cancelled, "cancelled", "batch_cancelled"), (expired, "expired", "batch_expired")] {
            let batch = try await end(client, id)
            #expect(batch["status"] == .string(status))
            let errors = try await lines(client, batch["error_file_id"])
            #expect(errors.map { $0["custom_id"] } == (0..<300).map { .string("\($0)") })
            #expect(errors.allSatisfy { $0["error"]?["code"] == .string(code) })
            let again = try await client.send(.post, "/v1/batches/\(id)/cancel")
            #expect(again.status == (status == "cancelled" ? 200 : 409))
        }
        #expect(try await client.send(.delete, "/v1/files/\(file)").status == 200)
        #expect(try await client.send(.get, "/v1/files/\(file)").status == 404)
        await client.batches.stop()
    }

    @Test("a server that ends leaves a batch to the next one", .timeLimit(.minutes(1)), arguments: Transport.allCases)
    func restart(transport: Transport) async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let overloaded = try client([.fake(failure: .overloaded(retryAfter: .milliseconds(1)))], on: transport)
        await overloaded.batches.start()
        let file = try #require(
            try await upload(overloaded, (0..<100).map { line("\($0)") }.joined()).json["id"]?.string
        )
        let id = try #require(try await create(overloaded, file).json["id"]?.string)
        try await Task.sleep(for: .milliseconds(50))
        await overloaded.batches.stop()
        // The folder is locked until the process ends: another server finds a copy of it.
        let copy = folder + "-copy"
        defer { try? FileManager.default.removeItem(atPath: copy) }
        try FileManager.default.copyItem(atPath: folder, toPath: copy)
        let next = try client(on: transport) { $0.directory = copy }
        await next.batches.start()
        let batch = try await end(next, id)
        #expect(batch["request_counts"]?["completed"] == .integer(100))
        let names = try await lines(next, batch["output_file_id"]).map { $0["custom_id"] }
        #expect(names == (0..<100).map { .string("\($0)") })
        await next.batches.stop()
    }

    @Test("a key sees its own files and batches only", arguments: Transport.allCases)
    func owners(transport: Transport) async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let client = try client(keys: try KeyRing(apiKeys: ["one", "two"], path: nil), on: transport)
        let file = try #require(try await upload(client, line("a"), key: "one").json["id"]?.string)
        for (key, status, count) in [("one", 200, 1), ("two", 404, 0)] {
            let fields: HTTPFields = [.authorization: "Bearer \(key)"]
            let reply = try await client.send(.get, "/v1/files/\(file)", fields: fields)
            #expect(reply.status == status)
            #expect(try await client.send(.get, "/v1/files", fields: fields).json["data"]?.array?.count == count)
        }
        #expect(try await client.send(.get, "/v1/files").status == 401)
    }

    @Test("what does not fit is refused, and so is a folder that cannot be used", arguments: Transport.allCases)
    func limits(transport: Transport) async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // A file counts 12 KiB more than it has.
        let small = try client(on: transport) { $0.maximumStoredBytes = 2 * 12_288 + 200 }
        #expect(try await upload(small, String(repeating: "x", count: 150)).status == 200)
        let full = try await upload(small, String(repeating: "x", count: 51))
        #expect(full.status == 507)
        #expect(full.json["detail"]?.string?.contains("at most 24776 bytes") == true)
        #expect(try await upload(small, String(repeating: "x", count: 50)).status == 200)
        let narrow = try client(on: transport) { $0.maximumFileBytes = 1_024 }
        #expect(try await upload(narrow, String(repeating: "x", count: 1_025)).status == 413)
        let locked = try await upload(narrow, "x")
        #expect(locked.status == 503)
        let broken = try client(on: transport) { $0.directory = "/dev/null/batches" }
        let reply = try await upload(broken, "x")
        #expect(reply.status == 500)
        #expect(reply.json["detail"]?.string?.contains("Not a directory") == true)
        #expect(!reply.text.contains("/dev/null"))
    }

    @Test("an owner has so many files and batches, and what is deleted makes room", .timeLimit(.minutes(1)))
    func numbers() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let client = try client(on: .router) {
            $0.maximumFiles = 3
            $0.maximumBatches = 2
        }
        var files: [String] = []
        for _ in 0..<3 { files.append(try #require(try await upload(client, line("a")).json["id"]?.string)) }
        let fourth = try await upload(client, line("a"))
        #expect(fourth.status == 507)
        #expect(fourth.json["detail"]?.string?.contains("at most 3 files") == true)
        #expect(try await client.send(.delete, "/v1/files/\(files[2])").status == 200)
        #expect(try await upload(client, line("a")).status == 200)
        for _ in 0..<2 { #expect(try await create(client, files[0]).status == 200) }
        let third = try await create(client, files[0])
        #expect(third.status == 507)
        #expect(third.json["detail"]?.string?.contains("at most 2 batches") == true)
        // A request in Jina's words is a file and a batch: without the one the other is not kept.
        #expect(try await client.send(.delete, "/v1/files/\(files[1])").status == 200)
        #expect(try await client.post("/v1/batch/embeddings", #"{"input":["a"]}"#).status == 507)
        #expect(try await client.send(.get, "/v1/files").json["data"]?.array?.count == 2)
    }

    @Test("what is stored counts as what it takes of the disk", .timeLimit(.minutes(1)))
    func overhead() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let client = try client(on: .router)
        let file = try #require(try await upload(client, line("a")).json["id"]?.string)
        let usage = client.batches.store.usage
        #expect(usage.total == line("a").utf8.count + 12_288)
        await client.batches.start()
        let batch = try #require(try await create(client, file).json["id"]?.string)
        let output = try #require(try await end(client, batch)["output_file_id"]?.string)
        let size = try InputFile.contents(path: client.batches.store.folder.content(ofFile: output)).count
        #expect(usage.total == line("a").utf8.count + size + 2 * 12_288 + 20_480)
        for id in [file, output] {
            #expect(try await client.send(.delete, "/v1/files/\(id)").status == 200)
        }
        #expect(usage.total == 20_480)
        try await client.batches.store.sweep(at: .max / 2, batchLifetime: 1)
        #expect(usage.total == 0)
        await client.batches.stop()
    }

    @Test("reading makes nothing on the disk")
    func reading() async throws {
        let client = try client(on: .router)
        for (path, status) in [
            ("/v1/files", 200), ("/v1/batches", 200), ("/v1/files/x", 404), ("/v1/batches/x", 404),
            ("/v1/files/x/content", 404), ("/v1/batch/x", 404), ("/v1/batch/x/output", 404),
        ] {
            #expect(try await client.send(.get, path).status == status)
        }
        #expect(try await client.send(.delete, "/v1/files/x").status == 404)
        #expect(try await client.send(.post, "/v1/batches/x/cancel").status == 404)
        #expect(!FileManager.default.fileExists(atPath: folder))
    }

    @Test(
        "bad requests name the member",
        arguments: Transport.allCases,
        [
            (#"{}"#, 422, "input_file_id"),
            (#"{"input_file_id":"f","endpoint":"/v1/chat/completions","completion_window":"24h"}"#, 400, "endpoint"),
            (#"{"input_file_id":"f","endpoint":"/v1/embeddings","completion_window":"1y"}"#, 422, "completion_window"),
            (#"{"input_file_id":"f","endpoint":"/v1/embeddings","completion_window":"24h"}"#, 422, "input_file_id"),
            (
                #"{"input_file_id":"f","endpoint":"/v1/embeddings","completion_window":"24h","metadata":[]}"#, 422,
                "metadata"
            ),
        ]
    )
    func badRequests(transport: Transport, test: (String, Int, String)) async throws {
        let (body, status, parameter) = test
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let reply = try await client(on: transport).send(.post, "/v1/batches", body: Array(body.utf8))
        #expect(reply.status == status)
        #expect(reply.json["error"]?["param"] == .string(parameter))
    }

    @Test("lists have pages, in the shape that was asked for", arguments: Transport.allCases)
    func pages(transport: Transport) async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let client = try client(on: transport)
        let file = try #require(try await upload(client, line("a")).json["id"]?.string)
        for _ in 0..<3 { _ = try await create(client, file) }
        let all = try await client.send(.get, "/v1/batches").json["data"]?.array?.compactMap { $0["id"]?.string } ?? []
        #expect(Set(all).count == 3)
        let first = try await client.send(.get, "/v1/batches?limit=2").json
        #expect(first["has_more"] == .bool(true))
        #expect(first["last_id"]?.string == all[1])
        let last = try await client.send(.get, "/v1/batches?limit=2&after=\(all[1])").json
        #expect(last["data"]?.array?.compactMap { $0["id"]?.string } == [all[2]])
        #expect(last["has_more"] == .bool(false))
        let bare = try await client.send(.get, "/v1/batches?limit=1&format=jina").json
        #expect(bare.array?.first?["batch_id"]?.string == all[0])
        #expect(try await client.send(.get, "/v1/batches?limit=0").status == 422)
    }

    @Test(
        "Jina's requests become a batch with the members of all",
        .timeLimit(.minutes(1)),
        arguments: Transport.allCases
    )
    func jina(transport: Transport) async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let client = try client(on: transport)
        await client.batches.start()
        let body =
            #"{"dimensions":2,"task":"retrieval","input":["a",{"text":"b"},{"custom_id":"x","body":{"input":"c","dimensions":3}}]}"#
        let made = try await client.send(.post, "/v1/batch/embeddings", body: Array(body.utf8))
        #expect(made.status == 202)
        #expect(made.json["status"] == .string("pending"))
        let id = try #require(made.json["batch_id"]?.string)
        let output = try await end(client, id)["output_file_id"]
        let results = try await lines(client, output)
        #expect(results.map { $0["custom_id"]?.string } == ["request-0", "request-1", "x"])
        let lengths = results.map { $0["response"]?["body"]?["data"]?.array?.first?["embedding"]?.array?.count }
        #expect(lengths == [2, 2, 3])
        let status = try await client.send(.get, "/v1/batch/\(id)").json
        #expect(status["status"] == .string("completed"))
        #expect(status["stats"]?["total_tokens"]?.integer == 6)
        #expect(status["output_url"] == .string("/v1/batch/\(id)/output"))
        #expect(try await client.send(.get, "/v1/batch/\(id)/output").status == 200)
        #expect(try await client.send(.get, "/v1/batch/\(id)/errors").status == 404)
        await client.batches.stop()
    }

    @Test(
        "Jina's bad requests are refused as a whole",
        arguments: Transport.allCases,
        [
            (#"{"input":["a"],"model":"no"}"#, 400), (#"{"input":["a"],"dimensions":9999}"#, 422),
            (#"{"input":["a"],"task":"no"}"#, 422), (#"{"input":[]}"#, 422), (#"{"input":[5]}"#, 422),
            (#"{"input_url":"http://x"}"#, 400), (#"{"input":["a"],"webhook_url":"http://x"}"#, 400),
            (#"{"input":[{"body":{"input":"a","user":1e999}}]}"#, 422),
        ]
    )
    func jinaBadRequests(transport: Transport, test: (String, Int)) async throws {
        let (body, status) = test
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let reply = try await client(on: transport).send(.post, "/v1/batch/embeddings", body: Array(body.utf8))
        #expect(reply.status == status)
    }
}
