import Foundation
import HTTPCore
import Logging
import Synchronization
import Testing

@testable import EmbedServer

@Suite("Keys")
struct KeyTests {
    private let file = FileManager.default.temporaryDirectory.appendingPathComponent("keys-\(UUID()).json")

    private func write(_ text: String) throws { try Data(text.utf8).write(to: file) }

    @Test("a digest is that of SHA-256, and tells keys apart")
    func digest() throws {
        // FIPS 180-4's example for "abc".
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        let digest = try #require(KeyDigest(hexadecimal: text))
        #expect(digest == KeyDigest(of: "abc"))
        #expect(digest.matches(KeyDigest(of: "abc")))
        #expect(!digest.matches(KeyDigest(of: "abd")))
        for wrong in ["", "ba", text + "00", String(text.dropLast()) + "g", String(text.dropLast()) + "é"] {
            #expect(KeyDigest(hexadecimal: wrong) == nil)
        }
    }

    @Test("a file gives keys names, scopes and limits")
    func parse() throws {
        let keys = try KeyFile.parse(
            Array(
                """
                {"keys": [
                  {"name": "a", "key": "abc", "requestsPerMinute": 5, "tokensPerMinute": 100},
                  {"name": "b", "scopes": ["metrics", "admin"],
                   "sha256": "2C26B46B68FFC68FF99B453C1D30413413422D706483BFA0F98A5E886266E7AE"}
                ]}
                """.utf8
            ),
            path: "keys.json"
        )
        #expect(
            keys == [
                APIKey(
                    name: "a",
                    digest: KeyDigest(of: "abc"),
                    scopes: [.embed],
                    limits: RateLimits(requestsPerMinute: 5, tokensPerMinute: 100)
                ),
                APIKey(name: "b", digest: KeyDigest(of: "foo"), scopes: [.metrics, .admin]),
            ]
        )
    }

    @Test(
        "a fault is named by file, line or field",
        arguments: [
            ("{\"keys\": [\n  {,", "k.json:2:4: expected a member name in double quotes"),
            ("[]", "k.json: expected an object"),
            ("{}", "k.json: keys: expected a list of objects"),
            (#"{"keys":[],"key":1}"#, "k.json: key: unknown key; expected keys"),
            (#"{"keys":[1]}"#, "k.json: keys[0]: expected an object"),
            (#"{"keys":[{"key":"a"}]}"#, #"k.json: keys[0]: "name" is missing"#),
            (#"{"keys":[{"name":"a"}]}"#, #"k.json: keys[0]: expected one of "key" and "sha256""#),
            (
                #"{"keys":[{"name":"a","key":"a","sha256":"5"}]}"#,
                "k.json: keys[0].sha256: expected the 64 hexadecimal digits of a SHA-256"
            ),
            (
                #"{"keys":[{"name":"a","key":"a"},{"name":"a","key":"b"}]}"#,
                "k.json: keys[1].name: is the name of keys[0] too"
            ),
            (
                #"{"keys":[{"name":"a","key":"a"},{"name":"b","key":"a"}]}"#,
                "k.json: keys[1]: is the same key as keys[0]"
            ),
            (
                #"{"keys":[{"name":"a","key":"a","scopes":["embed","root"]}]}"#,
                "k.json: keys[0].scopes: expected one of embed, metrics, admin"
            ),
            (
                #"{"keys":[{"name":"a","key":"a","requestsPerMinute":0}]}"#,
                "k.json: keys[0].requestsPerMinute: expected a whole number from 1 to 1000000000"
            ),
            (
                #"{"keys":[{"name":"a","key":"a","limit":1}]}"#,
                "k.json: keys[0].limit: unknown; a key has name, key or sha256, scopes, requestsPerMinute, "
                    + "tokensPerMinute"
            ),
        ]
    )
    func faults(text: String, message: String) {
        let error = #expect(throws: SettingsError.self) { try KeyFile.parse(Array(text.utf8), path: "k.json") }
        #expect(error?.description == message)
    }

    @Test("a key of the file is trimmed as a field is")
    func trimmed() throws {
        let keys = try KeyFile.parse(Array(#"{"keys":[{"name":"a","key":"abc\n"}]}"#.utf8), path: "k.json")
        #expect(keys.first?.digest == KeyDigest(of: "abc"))
    }

    @Test("keys are exchanged by a reload, and stay if the file is broken or gone")
    func reload() throws {
        defer { try? FileManager.default.removeItem(at: file) }
        try write(#"{"keys":[{"name":"a","key":"one"}]}"#)
        let ring = try KeyRing(apiKeys: ["plain"], path: file.path)
        #expect(ring.find("one")?.name == "a")
        #expect(ring.find("plain")?.name == "key-1")
        #expect(ring.find("plain")?.scopes == [.embed, .metrics])
        try write(#"{"keys":[{"name":"a","key":"two"}]}"#)
        #expect(try ring.reload() == 2)
        #expect(ring.find("one") == nil)
        #expect(ring.find("two")?.name == "a")
        for broken in ["", #"{"keys":[{"name":"key-1","key":"x"}]}"#] {
            try write(broken)
            #expect(throws: SettingsError.self) { try ring.reload() }
            #expect(ring.find("two")?.name == "a")
        }
        try FileManager.default.removeItem(at: file)
        let error = #expect(throws: SettingsError.self) { try ring.reload() }
        #expect(error?.description == "\(file.path): No such file or directory")
        #expect(ring.find("two")?.name == "a")
    }

    @Test("a file without keys locks the server all the same")
    func emptyFile() throws {
        defer { try? FileManager.default.removeItem(at: file) }
        try write(#"{"keys":[]}"#)
        #expect(try KeyRing(apiKeys: [], path: file.path).isLocked)
        #expect(try !KeyRing(apiKeys: [], path: nil).isLocked)
    }

    /// What the readings of the key file come to, one after another; the last one goes on for ever.
    private final class Readings: Sendable {
        private let left: Mutex<[Result<[UInt8], IOError>]>

        init(_ results: [Result<[UInt8], IOError>]) { left = Mutex(results) }

        func next() -> Result<[UInt8], IOError> { left.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] } }
    }

    private func keys(_ secret: String) -> [UInt8] { Array(#"{"keys":[{"name":"a","key":"\#(secret)"}]}"#.utf8) }

    @Test("a reading that failed is tried again, though the file does not change; its failure is logged once")
    func failedReading() async throws {
        defer { try? FileManager.default.removeItem(at: file) }
        try write("a")
        let noDescriptor = IOError(path: "k", code: EMFILE)
        let readings = Readings([
            .success(keys("old")), .failure(noDescriptor), .failure(noDescriptor),
            .failure(IOError(path: "k", code: EACCES)), .success(keys("new")),
        ])
        let ring = try KeyRing(apiKeys: [], path: file.path) { _ throws(IOError) in try readings.next().get() }
        let log = RecordingLogHandler()
        let metrics = ServerMetrics()
        let reloader = Reloader(keys: ring, metrics: metrics, logger: Logger(label: "test") { _ in log })
        await reloader.reloadChanged()
        #expect(log.lines.isEmpty)
        try write("ab")
        for _ in 0..<3 {
            await reloader.reloadChanged()
            #expect(ring.find("old") != nil)
        }
        #expect(log.lines.count == 2)
        for _ in 0..<3 {
            await reloader.reloadChanged()
            #expect(ring.find("new") != nil)
        }
        #expect(log.lines.count == 3)
        #expect(metrics.text().contains("\nembed_key_reloads_total{result=\"failure\"} 3\n"))
        #expect(metrics.text().contains("\nembed_key_reloads_total{result=\"success\"} 1\n"))
    }

    @Test("a file that changes while it is read is read again, at the start too")
    func changedWhileRead() async throws {
        defer { try? FileManager.default.removeItem(at: file) }
        try write("a")
        let (old, new, file) = (keys("old"), keys("new"), file)
        // Every other reading sees the file before it changes.
        let count = Mutex(0)
        let ring = try KeyRing(apiKeys: [], path: file.path) { _ throws(IOError) in
            let number = count.withLock {
                $0 += 1
                return $0
            }
            if number % 2 == 0 { return new }
            try? Data(repeating: 1, count: number + 1).write(to: file)
            return old
        }
        let reloader = Reloader(keys: ring, metrics: ServerMetrics())
        #expect(ring.find("old") != nil)
        await reloader.reloadChanged()
        #expect(ring.find("new") != nil)
        #expect(try await reloader.reload() == 1)
        #expect(ring.find("old") != nil)
        await reloader.reloadChanged()
        #expect(ring.find("new") != nil)
    }

    @Test("a stamp changes with the file, also when it is put in its place by a rename")
    func stamps() throws {
        defer { try? FileManager.default.removeItem(at: file) }
        #expect(FileStamp(path: file.path) == nil)
        try write("1")
        let first = FileStamp(path: file.path)
        #expect(first == FileStamp(path: file.path))
        try write("22")
        let second = FileStamp(path: file.path)
        #expect(second != first)
        let other = file.appendingPathExtension("new")
        try Data("33".utf8).write(to: other)
        #expect(rename(other.path, file.path) == 0)
        #expect(FileStamp(path: file.path) != second)
    }
}
