import Glibc

/// A file that arrives in segments, several at a time, and outlives the process that fetches it.
///
/// Beside the octets lies a record of how many octets of every segment there are. It is written after the octets, so
/// that a killed process leaves at worst a few octets that are fetched again. What a crash of the machine leaves is
/// caught by the digest of the whole.
final class PartialFile {
    /// Where the octets are.
    let path: String
    /// Octets of the whole.
    let size: Int
    /// How many octets of each segment are there.
    private(set) var progress: [Int]

    private let record: FileHandle
    private let octets: FileHandle
    private static let segmentLength = 32 << 20
    private static let headerWords = 2

    /// Goes on with the file at `path`, or begins it.
    init(path: String, size: Int) throws(IOError) {
        self.path = path
        self.size = size
        progress = Self.recorded(path: path, size: size)
        octets = try FileHandle(updating: path)
        record = try FileHandle(updating: Self.recordPath(path))
        try octets.truncate(to: size)
        try writeRecord()
    }

    /// Octets that are there.
    var received: Int { progress.reduce(0, +) }

    /// Whether all are there.
    var isComplete: Bool { received == size }

    /// The octets of a segment that are still to come.
    func missing(of segment: Int) -> Range<Int> {
        let start = segment * Self.segmentLength
        return start + progress[segment]..<min(size, start + Self.segmentLength)
    }

    /// Adds octets to a segment; false if they are more than are missing.
    func append(_ new: UnsafeRawBufferPointer, to segment: Int) throws(IOError) -> Bool {
        let missing = missing(of: segment)
        guard new.count <= missing.count else { return false }
        try octets.write(new, at: missing.lowerBound)
        progress[segment] += new.count
        try write(word: progress[segment], at: Self.headerWords + segment)
        return true
    }

    /// Forgets all octets.
    func restart() throws(IOError) {
        progress = Self.empty(size: size)
        try writeRecord()
    }

    /// Waits until the octets are on the disk.
    func synchronize() throws(IOError) { try octets.synchronize() }

    /// Deletes the file at `path` and its record.
    static func remove(_ path: String) throws(IOError) {
        try FileTree.remove(path)
        try FileTree.remove(recordPath(path))
    }

    /// How many octets of the file at `path` an earlier process fetched.
    static func received(path: String, size: Int) -> Int { recorded(path: path, size: size).reduce(0, +) }

    private static func recordPath(_ path: String) -> String { path + ".progress" }

    private static func empty(size: Int) -> [Int] {
        Array(repeating: 0, count: (size + segmentLength - 1) / segmentLength)
    }

    private static func recorded(path: String, size: Int) -> [Int] {
        let empty = empty(size: size)
        guard FileTree.size(of: path) == size, let contents = try? InputFile.contents(path: recordPath(path)),
            contents.count == (headerWords + empty.count) * 8
        else { return empty }
        let words = contents.withUnsafeBytes { bytes in
            (0..<headerWords + empty.count).map { Int(bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Int64.self)) }
        }
        let counts = Array(words[headerWords...])
        let areSound = counts.enumerated().allSatisfy { segment, count in
            count >= 0 && count <= min(segmentLength, size - segment * segmentLength)
        }
        return words[0] == size && words[1] == segmentLength && areSound ? counts : empty
    }

    private func writeRecord() throws(IOError) {
        for (index, word) in ([size, Self.segmentLength] + progress).enumerated() { try write(word: word, at: index) }
    }

    private func write(word: Int, at index: Int) throws(IOError) {
        var word = Int64(word)
        let failure = withUnsafeBytes(of: &word) { bytes in
            Result { () throws(IOError) in try record.write(bytes, at: index * 8) }
        }
        try failure.get()
    }
}
