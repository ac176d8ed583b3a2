import Testing

@testable import EmbedServer

/// Two values a text, its length and 1, up to a text of choice.
private struct FakeEmbedder: TextEmbedder {
    struct Gone: Error {}

    let dimensions = 2
    let maximumTokens: Int? = 8
    let window = RecordJob.Window(unitRecords: 3, unitBytes: 100, units: 4, bytes: 1_000)
    var limit: String?

    func embed(_ texts: [String]) async throws -> EmbeddedTexts {
        var embedded = EmbeddedTexts()
        for text in texts {
            if text == limit { throw Gone() }
            let isTooLong = text.hasPrefix("long")
            embedded += EmbeddedTexts(
                vectors: [isTooLong ? .failure(TextFailure(reason: "too long")) : .success([Float(text.count), 1])],
                isTruncated: [text.hasPrefix("cut")],
                tokens: 1
            )
        }
        return embedded
    }

    func shutDown() async {}
}

@Suite("Bulk jobs")
final class BulkJobTests {
    private let folder = "/tmp/embed-server-bulk-\(UInt64.random(in: 0...UInt64.max))"

    init() throws { try Disk.makeFolder(folder) }

    deinit { try? FileTree.remove(folder) }

    private func write(_ name: String, _ text: String) throws {
        try Disk.replace("\(folder)/\(name)", with: Array(text.utf8))
    }

    private func read(_ name: String) throws -> String {
        String(decoding: try InputFile.contents(path: "\(folder)/\(name)"), as: UTF8.self)
    }

    @discardableResult
    private func run(
        _ input: String,
        _ output: String,
        skips: Bool = false,
        restarts: Bool = false,
        limit: String? = nil,
        settings: [String: String] = ["--model": "a"]
    ) async throws -> JobCounts {
        let plan = try BulkPlan(
            inputs: ["\(folder)/\(input)"],
            inputFormat: nil,
            output: "\(folder)/\(output)",
            outputFormat: nil
        )
        let embedder = FakeEmbedder(limit: limit)
        let job = BulkJob(
            item: plan.items[0],
            fields: RecordText.Fields(),
            embedder: embedder,
            output: VectorOutput(format: plan.outputFormat, numbers: .standard, dimensions: embedder.dimensions),
            skipsBadRecords: skips,
            settings: settings
        )
        return try await job.run(restarts: restarts, progress: BulkProgress(total: 1))
    }

    @Test("records become lines with their ids")
    func lines() async throws {
        try write("in.jsonl", #""a""# + "\n\n" + #"{"text": "cut", "id": 7}"# + "\n" + #"{"id": "x", "text": ""}"#)
        let counts = try await run("in.jsonl", "out.jsonl")
        #expect(counts == JobCounts(completed: 3, tokens: 3, truncated: 1))
        let expected = [
            #"{"embedding":[1.0,1.0]}"#, #"{"id":7,"embedding":[3.0,1.0]}"#, #"{"id":"x","embedding":[0.0,1.0]}"#,
        ]
        #expect(try read("out.jsonl") == expected.map { $0 + "\n" }.joined())
    }

    @Test("stopped jobs go on, and give the same octets", arguments: ["jsonl", "npy"])
    func resume(ending: String) async throws {
        let texts = (0..<50).map { "text \($0)" }
        try write("in.csv", "id,text\n" + texts.map { "\"\($0)\n\",\($0)\n" }.joined())
        try await run("in.csv", "whole.\(ending)")
        for limit in ["text 0", "text 20", "text 21", "text 49"] {
            await #expect(throws: FakeEmbedder.Gone.self) {
                try await self.run("in.csv", "parts.\(ending)", limit: limit)
            }
            // What a kill leaves behind: octets that no checkpoint knows of.
            let path = "\(folder)/parts.\(ending)"
            let file = try AppendOnlyFile(path: path, length: try #require(Disk.size(of: path)))
            try file.write(Array("half a li".utf8)[...])
        }
        #expect(try await run("in.csv", "parts.\(ending)").completed == 50)
        let whole = try InputFile.contents(path: "\(folder)/whole.\(ending)")
        #expect(try InputFile.contents(path: "\(folder)/parts.\(ending)") == whole)
        // All is done: nothing is done again.
        #expect(try await run("in.csv", "parts.\(ending)", limit: "text 0").completed == 50)
        #expect(try InputFile.contents(path: "\(folder)/parts.\(ending)") == whole)
        if ending == "npy" {
            #expect(whole.count == 128 + 50 * 8)
            #expect(String(decoding: whole[10..<128], as: UTF8.self).contains("'shape': (50, 2)"))
        }
    }

    @Test("another input, other settings and other people's files are not gone on with")
    func refusals() async throws {
        try write("in.txt", "a\nb\n")
        try await run("in.txt", "out.jsonl")
        let other = await #expect(throws: BulkError.self) {
            try await self.run("in.txt", "out.jsonl", settings: ["--model": "b"])
        }
        #expect(other?.description.contains("was begun with --model a, and now it is b") == true)
        try write("in.txt", "a\nc\n")
        let changed = await #expect(throws: BulkError.self) { try await self.run("in.txt", "out.jsonl") }
        #expect(changed?.description.contains("its input has changed") == true)
        try write("mine.jsonl", "{}\n")
        let mine = await #expect(throws: BulkError.self) { try await self.run("in.txt", "mine.jsonl") }
        #expect(mine?.description.contains("is there already") == true)
        #expect(try read("mine.jsonl") == "{}\n")
        try await run("in.txt", "mine.jsonl", restarts: true)
        #expect(try read("mine.jsonl") == "{\"embedding\":[1.0,1.0]}\n{\"embedding\":[1.0,1.0]}\n")
    }

    @Test("an output that another process writes is left alone")
    func busy() async throws {
        try write("in.txt", "a\n")
        let lock = try FileHandle(updating: "\(folder)/out.jsonl")
        #expect(lock.tryLock())
        let error = await #expect(throws: BulkError.self) { try await self.run("in.txt", "out.jsonl") }
        #expect(error?.description.contains("another process") == true)
    }

    @Test("a bad record ends the job behind the records before it; skipping goes on there")
    func badRecords() async throws {
        try write("in.jsonl", "\"a\"\n\"b\"\n{\"id\": 5}\n\"long\"\n\"c\"\n")
        let error = await #expect(throws: BulkError.self) { try await self.run("in.jsonl", "out.jsonl") }
        #expect(error?.description.hasPrefix("\(folder)/in.jsonl:3: expected a JSON string or") == true)
        #expect(try read("out.jsonl").split(separator: "\n").count == 2)
        let counts = try await run("in.jsonl", "out.jsonl", skips: true)
        #expect((counts.completed, counts.failed) == (3, 2))
        let lines = try read("out.jsonl").split(separator: "\n")
        #expect(lines[2].hasPrefix(#"{"line":3,"id":5,"error":"expected"#))
        #expect(lines[3...] == [#"{"line":4,"error":"too long"}"#, #"{"embedding":[1.0,1.0]}"#])
    }

    @Test("skipped rows of an array are NaN, and named beside it")
    func badRows() async throws {
        try write("in.csv", "text,id\na,x\nlong,y\n")
        try await run("in.csv", "out.npy", skips: true)
        let octets = try InputFile.contents(path: "\(folder)/out.npy")
        let values = octets[128...].withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
        #expect(values[..<2] == [1, 1])
        #expect(values.count == 4 && values[2].isNaN && values[3].isNaN)
        #expect(try read("out.npy.errors.jsonl") == "{\"row\":1,\"line\":3,\"id\":\"y\",\"error\":\"too long\"}\n")
    }

    @Test("what comes before a record that never ends is done")
    func unclosed() async throws {
        try write("in.csv", "text\na\nb\n\"c\n")
        let error = await #expect(throws: BulkError.self) { try await self.run("in.csv", "out.jsonl") }
        #expect(error?.description.contains("in.csv:4: a quoted field is not closed") == true)
        #expect(try read("out.jsonl").split(separator: "\n").count == 2)
    }

    @Test("an empty file becomes an empty file", arguments: ["in.jsonl", "in.csv", "in.txt"])
    func empty(input: String) async throws {
        try write(input, "")
        try await run(input, "out.jsonl")
        #expect(try read("out.jsonl") == "")
        try await run(input, "out.npy")
        #expect(try read("out.npy.checkpoint").contains("\"records\":0"))
        let header = try InputFile.contents(path: "\(folder)/out.npy")
        #expect(header.count == 128 && header.last == 0x0A)
        #expect(String(decoding: header[10...], as: UTF8.self).contains("'shape': (0, 2)"))
        #expect(Disk.size(of: "\(folder)/out.npy.errors.jsonl") == nil)
    }
}
