import FoundationEssentials

/// How far a job has come: what is needed to go on from here after the process was killed.
struct JobCheckpoint: Sendable, Codable, Equatable {
    /// Where the first record begins that is not done.
    var position = RecordReader.Position()
    /// Octets of each output that belong to the records before it.
    var outputBytes: [Int]
    /// What has become of these records.
    var counts = JobCounts()
    /// What the job was told, by name; `nil` where nothing can change.
    var settings: [String: String]?

    /// Before the first record.
    ///
    /// - Parameter outputs: how many there are.
    init(outputs: Int) {
        outputBytes = Array(repeating: 0, count: outputs)
    }

    /// Reads the checkpoint of a job; `nil` if it has none.
    static func read(_ path: String) throws -> JobCheckpoint? {
        guard Disk.size(of: path) != nil else { return nil }
        return try StoredJSON.read(JobCheckpoint.self, from: path)
    }

    /// Puts the checkpoint in place of the one before.
    func save(to path: String) throws {
        try StoredJSON.write(self, to: path)
    }
}

/// What has become of the records of a job.
struct JobCounts: Sendable, Codable, Equatable {
    /// Records with a result.
    var completed = 0
    /// Records with an error.
    var failed = 0
    /// Of those that failed, the ones that were not tried because time was up.
    var expired = 0
    /// Tokens of the results.
    var tokens = 0
    /// Of those with a result, the ones whose text was cut.
    var truncated = 0

    static func += (left: inout JobCounts, right: JobCounts) {
        left.completed += right.completed
        left.failed += right.failed
        left.expired += right.expired
        left.tokens += right.tokens
        left.truncated += right.truncated
    }
}

extension JobCounts {
    /// Reads counts, also those that were stored before `truncated` was counted.
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        completed = try container.decode(Int.self, forKey: .completed)
        failed = try container.decode(Int.self, forKey: .failed)
        expired = try container.decode(Int.self, forKey: .expired)
        tokens = try container.decode(Int.self, forKey: .tokens)
        truncated = try container.decodeIfPresent(Int.self, forKey: .truncated) ?? 0
    }
}

/// Small files of JSON that only this program reads.
enum StoredJSON {
    static func read<Value: Decodable>(_ type: Value.Type, from path: String) throws -> Value {
        let contents = try InputFile.contents(path: path)
        do {
            return try JSONDecoder().decode(type, from: Data(contents))
        } catch {
            throw DamagedFile(path: path)
        }
    }

    static func write(_ value: some Encodable, to path: String) throws {
        try Disk.replace(path, with: Array(try JSONEncoder().encode(value)))
    }
}

/// A file of this program's own that it cannot read any more.
struct DamagedFile: Error, CustomStringConvertible {
    let path: String

    var description: String { "\(path): not a file that this version wrote" }
}
