import Foundation
import Testing

@testable import EmbedServer

@Suite("Which files become which")
final class BulkPlanTests {
    private let folder = FileManager.default.temporaryDirectory.path + "/plan-\(UUID().uuidString)"

    init() throws {
        for name in ["in", "out", "in/nested.csv"] { try Disk.makeFolder("\(folder)/\(name)") }
        for name in ["in/b.csv", "in/a.jsonl", "in/c.TXT", "in/notes.md", "c.txt", "x"] {
            try Disk.replace("\(folder)/\(name)", with: [0x61])
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func plan(
        _ inputs: [String],
        _ output: String,
        _ inputFormat: RecordFormat? = nil,
        _ format: VectorFormat? = nil
    ) throws -> BulkPlan {
        try BulkPlan(
            inputs: inputs.map { "\(folder)/\($0)" },
            inputFormat: inputFormat,
            output: "\(folder)/\(output)",
            outputFormat: format
        )
    }

    @Test("a file becomes a file, by the endings of both")
    func file() throws {
        let plan = try plan(["c.txt"], "c.npy")
        #expect(plan.outputFormat == .npy)
        let item = BulkPlan.Item(
            input: "\(folder)/c.txt",
            inputFormat: .text,
            output: "\(folder)/c.npy",
            bytes: 1
        )
        #expect(plan.items == [item])
        #expect(try self.plan(["x"], "y", nil, .jsonl).items[0].inputFormat == .jsonl)
        #expect(try self.plan(["x"], "y.jsonl", .csv).items[0].inputFormat == .csv)
    }

    @Test("the known files of a folder become files of a folder, by name")
    func folders() throws {
        let plan = try plan(["in"], "new/vectors")
        #expect(plan.items.map(\.input) == ["a.jsonl", "b.csv", "c.TXT"].map { "\(folder)/in/\($0)" })
        #expect(plan.items.map(\.output) == ["a", "b", "c"].map { "\(folder)/new/vectors/\($0).jsonl" })
        #expect(Disk.isFolder("\(folder)/new/vectors"))
        #expect(try self.plan(["in/"], "out", nil, .npy).items[0].output == "\(folder)/out/a.npy")
    }

    @Test(
        "what would lose data or cannot be meant is refused",
        arguments: [
            (["in"], "in", "is an input"), (["c.txt"], "c.txt/../c.txt", "expected a name that ends in"),
            (["in/a.jsonl"], "in/a.jsonl", "is an input"), (["in/a.jsonl"], "in", "is an input"),
            (["in", "c.txt"], "out", "would both become"), (["in"], "out.npy", "expected a folder"),
            (["c.txt"], "vectors.parquet", ".jsonl or .npy"), (["out"], "new", "no file in it ends in"),
            (["nowhere.csv"], "a.npy", "no regular file"),
        ]
    )
    func refused(inputs: [String], output: String, reason: String) {
        let error = #expect(throws: BulkError.self) { try plan(inputs, output) }
        #expect(error?.description.contains(reason) == true)
    }
}
