import Foundation
import Testing

@testable import EmbedServer

@Suite("Jobs over records")
struct RecordJobTests {
    private struct Stop: Error {}

    private let folder = FileManager.default.temporaryDirectory.path + "/jobs-\(UUID().uuidString)"

    private func read(_ name: String) throws -> String {
        try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
    }

    private func records(_ text: String, _ format: RecordFormat, skipsBlankLines: Bool = false) throws -> [Record] {
        try Disk.makeFolder(folder)
        try Disk.replace("\(folder)/records", with: Array(text.utf8))
        var reader = try RecordReader(
            try InputFile(path: "\(folder)/records"),
            format: format,
            skipsBlankLines: skipsBlankLines
        )
        var records: [Record] = []
        while let record = try reader.next() { records.append(record) }
        return records
    }

    private func texts(_ records: [Record]) -> [String] { records.map { String(decoding: $0.octets, as: UTF8.self) } }

    @Test("lines are records, and quoted fields hold line ends")
    func reading() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(texts(try records("a\n\nb", .text)) == ["a", "", "b"])
        #expect(texts(try records("a\n \t\r\nb\n", .jsonl, skipsBlankLines: true)) == ["a", "b"])
        let csv = try records("id,text\n1,\"a\nb\"\"\n\"\n2,c\n", .csv)
        #expect(texts(csv) == ["id,text", "1,\"a\nb\"\"\n\"", "2,c"])
        #expect(csv.map(\.line) == [1, 2, 5])
        // A quote within a field without quotes opens nothing.
        let inches = try records("id,text\n1,5\" disk\n2,3\" disk\n\"3\",\"4\"\" \nx\"\n", .csv)
        #expect(texts(inches) == ["id,text", "1,5\" disk", "2,3\" disk", "\"3\",\"4\"\" \nx\""])
        #expect(throws: LineError(number: 2, reason: "a quoted field is not closed")) { try records("a\n\"b\nc", .csv) }
    }

    @Test("a reader goes on from behind any record")
    func positions() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let all = try records("a\n\n\"b\nc\"\nd\n\n", .csv, skipsBlankLines: true)
        for (index, record) in all.enumerated() {
            var reader = try RecordReader(
                try InputFile(path: "\(folder)/records"),
                format: .csv,
                from: record.end,
                skipsBlankLines: true
            )
            var rest: [Record] = []
            while let record = try reader.next() { rest.append(record) }
            #expect(rest == Array(all[(index + 1)...]))
        }
    }

    private func job(units: Int) throws -> RecordJob {
        try RecordJob(
            input: "\(folder)/input",
            format: .text,
            skipsBlankLines: false,
            outputPaths: ["\(folder)/even", "\(folder)/odd"],
            checkpointPath: "\(folder)/checkpoint",
            window: RecordJob.Window(unitRecords: 3, unitBytes: 100, units: units, bytes: 1_000)
        )
    }

    @Test("every record is in the outputs once and in order, however often the job is stopped", arguments: [1, 4])
    func exactlyOnce(units: Int) async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Disk.makeFolder(folder)
        let count = 100
        try Disk.replace("\(folder)/input", with: Array((0..<count).map { "\($0)\n" }.joined().utf8))
        var stops = 0
        for limit in [0, 7, 8, 9, 50, 51, 98, count] {
            do {
                try await job(units: units).run { records in
                    // Later units are often done before earlier ones.
                    if let first = records.first, first.index.isMultiple(of: 2) {
                        try await Task.sleep(for: .microseconds(200))
                    }
                    var outcome = RecordJob.Outcome(outputs: [[], []], counts: JobCounts())
                    for (done, record) in records.enumerated() {
                        guard record.index < limit else {
                            outcome.failure = (Stop(), done)
                            break
                        }
                        outcome.outputs[record.index % 2] += record.octets + [0x0A]
                        outcome.counts.completed += 1
                    }
                    return outcome
                }
            } catch is Stop {
                stops += 1
            }
            // What a kill leaves behind: octets that no checkpoint knows of.
            let handle = try #require(FileHandle(forWritingAtPath: "\(folder)/even"))
            try handle.seekToEnd()
            try handle.write(contentsOf: Data("half a li".utf8))
            try handle.close()
        }
        #expect(stops == 7)
        try await job(units: units).run { _ in throw Stop() }
        let checkpoint = try #require(try JobCheckpoint.read("\(folder)/checkpoint"))
        #expect(checkpoint.counts.completed == count)
        #expect(checkpoint.position.records == count)
        #expect(try read("even") == (0..<count).filter { $0 % 2 == 0 }.map { "\($0)\n" }.joined())
        #expect(try read("odd") == (0..<count).filter { $0 % 2 == 1 }.map { "\($0)\n" }.joined())
    }

    @Test("an output that is shorter than the checkpoint says is not gone on with")
    func lostOutput() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Disk.makeFolder(folder)
        try Disk.replace("\(folder)/input", with: [])
        var checkpoint = JobCheckpoint(outputs: 2)
        checkpoint.outputBytes = [0, 5]
        try checkpoint.save(to: "\(folder)/checkpoint")
        #expect(throws: IOError.self) { try job(units: 1) }
    }

    @Test("cancelling leaves a checkpoint")
    func cancelled() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Disk.makeFolder(folder)
        try Disk.replace("\(folder)/input", with: Array("a\nb\nc\nd\n".utf8))
        let job = try job(units: 1)
        let task = Task {
            try await job.run { records in
                if records[0].index > 0 { try await Task.sleep(for: .seconds(60)) }
                return RecordJob.Outcome(outputs: [Array("x\n".utf8), []], counts: JobCounts(completed: records.count))
            } onProgress: { _ in
                withUnsafeCurrentTask { $0?.cancel() }
            }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try JobCheckpoint.read("\(folder)/checkpoint")?.counts.completed == 3)
    }

    @Test("a disk that is full stops the job with what is known to be good")
    func full() async throws {
        let file = try AppendOnlyFile(path: "/dev/full", length: 0)
        try file.append([1])
        #expect(throws: IOError.self) { try file.sync() }
        #expect(throws: IOError.self) { try file.append(Array(repeating: 0, count: 1 << 20)) }
    }
}
