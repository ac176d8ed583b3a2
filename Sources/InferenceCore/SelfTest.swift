import Glibc
import JSONCore

/// Proves on the machine at hand, before anyone relies on it, that a model gives sound vectors.
///
/// For every task: a fixed probe is embedded alone, once more, and among neighbours of other lengths. The three vectors
/// have to be finite, of length 1, and equal. If the checkpoint's folder has a `golden.jsonl`, each of its lines
/// (`{"text":…,"task":…,"embedding":[…]}`) is compared as well: a CPU, a library or a file that is not what it
/// should be is then found at the start, and not in somebody's search results.
public struct SelfTest: Sendable {
    /// What one check found.
    public struct Finding: Sendable {
        /// What was checked: a task's name, or a line of the golden file.
        public let subject: String
        /// What was measured, in words.
        public let detail: String
        /// Whether it is as it should be.
        public let passed: Bool
    }

    /// The largest difference between vectors of one text alone and among neighbours.
    ///
    /// In values of a unit vector.
    public static let largestDifference: Float = 1e-5
    /// The lowest cosine to a golden vector.
    public static let lowestCosine = 0.99999

    private static let probe = "The quick brown fox jumps over the lazy dog."
    private static let neighbours = [
        "a", String(repeating: "Schöne Grüße, 你好, and a rather longer text. ", count: 6), "Why?",
    ]

    private let engine: EmbeddingEngine
    private let model: EmbeddingModel
    private let directory: String

    /// Prepares the test of one of the engine's models.
    ///
    /// - Parameter directory: the folder of its checkpoint, for `golden.jsonl`.
    public init(_ model: EmbeddingModel, of engine: EmbeddingEngine, directory: String) {
        self.engine = engine
        self.model = model
        self.directory = directory
    }

    /// Runs every check.
    ///
    /// - Throws: `CheckpointError` if the golden file cannot be read, `EmbeddingError` if a text cannot be embedded.
    public func run() async throws -> [Finding] {
        var findings: [Finding] = []
        let tasks = model.description.tasks.isEmpty ? [nil] : model.description.tasks.map(Optional.some)
        for task in tasks { findings.append(try await check(task)) }
        for golden in try readGoldens() { findings.append(try await check(golden)) }
        return findings
    }

    private func check(_ task: EmbeddingTask?) async throws -> Finding {
        let alone = try await embed([Self.probe], task)[0]
        let again = try await embed([Self.probe], task)[0]
        let among = try await embed(Self.neighbours + [Self.probe] + Self.neighbours, task)[Self.neighbours.count]
        let isFinite = (alone + again + among).allSatisfy(\.isFinite)
        let length = alone.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        let difference = zip(alone, zip(again, among)).map { max(abs($0 - $1.0), abs($0 - $1.1)) }.max() ?? .infinity
        return Finding(
            subject: task?.rawValue ?? "all tasks",
            detail: "length \(length), largest difference alone/again/among neighbours \(difference)",
            passed: isFinite && abs(length - 1) < 1e-5 && difference <= Self.largestDifference
        )
    }

    private struct Golden {
        let line: Int
        let text: String
        let task: EmbeddingTask?
        let embedding: [Float]
    }

    private func check(_ golden: Golden) async throws -> Finding {
        let vector = try await embed([golden.text], golden.task, dimensions: golden.embedding.count)[0]
        func dot(_ a: [Float], _ b: [Float]) -> Double { zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) } }
        let squares = dot(vector, vector) * dot(golden.embedding, golden.embedding)
        let cosine = dot(vector, golden.embedding) / squares.squareRoot()
        return Finding(
            subject: "golden.jsonl:\(golden.line)",
            detail: "cosine \(cosine)",
            passed: cosine >= Self.lowestCosine  // false for NaN
        )
    }

    private func embed(_ texts: [String], _ task: EmbeddingTask?, dimensions: Int? = nil) async throws -> [[Float]] {
        var request = EmbeddingWork(
            inputs: texts.map { .text($0) },
            task: task,
            dimensions: dimensions,
            truncate: true
        )
        request.reusesVectors = false  // a kept vector would prove nothing
        return try await engine.embed(request, with: model).vectors
    }

    private func readGoldens() throws(CheckpointError) -> [Golden] {
        let path = directory + "/golden.jsonl"
        guard access(path, F_OK) == 0 else { return [] }
        let file = try MappedFile(path: path)
        var goldens: [Golden] = []
        for (index, line) in file.bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
            func fault(_ reason: String) -> CheckpointError {
                CheckpointError(file: "\(path):\(index + 1)", reason: reason)
            }
            let record: JSONValue
            do throws(JSONError) {
                record = try JSONParser.parse([UInt8](line))
            } catch {
                throw fault("is not JSON: \(error)")
            }
            guard let text = record["text"]?.string else { throw fault("\"text\" is missing") }
            guard let values = record["embedding"]?.array, !values.isEmpty else {
                throw fault("\"embedding\" is missing")
            }
            let embedding = values.compactMap { $0.double.map(Float.init) }
            guard embedding.count == values.count else { throw fault("\"embedding\" is not a list of numbers") }
            let task = record["task"]?.string
            guard task == nil || task.flatMap(EmbeddingTask.init(rawValue:)) != nil else {
                throw fault("\"task\" is unknown: \(task ?? "")")
            }
            goldens.append(
                Golden(
                    line: index + 1,
                    text: text,
                    task: task.flatMap(EmbeddingTask.init(rawValue:)),
                    embedding: embedding
                )
            )
        }
        return goldens
    }
}
