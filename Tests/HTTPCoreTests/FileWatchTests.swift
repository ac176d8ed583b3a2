import Foundation
import Logging
import Synchronization
import Testing

@testable import HTTPCore

/// Files that change while the server runs.
@Suite struct FileWatchTests {
    private let file = FileManager.default.temporaryDirectory.appendingPathComponent("watched-\(UUID())").path

    /// The stamp of a file with so many octets.
    private func stamp(_ size: Int) throws -> FileStamp? {
        try Data(repeating: 1, count: size).write(to: URL(fileURLWithPath: file))
        return FileStamp(path: file)
    }

    @Test func onlyAWholeReadingSettlesIt() throws {
        defer { try? FileManager.default.removeItem(atPath: file) }
        let (one, two) = (try stamp(1), try stamp(2))
        var watch = FileWatch()
        #expect(watch.isDue([one]))
        watch.succeed(before: [one], after: [one])
        #expect(!watch.isDue([one]))
        #expect(watch.isDue([two]))
        #expect(watch.isDue([nil]))
        _ = watch.fail([two], reason: "a")
        #expect(watch.isDue([two]))
        #expect(!watch.isDue([one]))
        watch.succeed(before: [one], after: [two])
        #expect(watch.isDue([one]))
        #expect(watch.isDue([two]))
    }

    @Test func aFailureIsNewsOnce() throws {
        defer { try? FileManager.default.removeItem(atPath: file) }
        let (one, two) = (try stamp(1), try stamp(2))
        var watch = FileWatch()
        let news = [([one], "a"), ([one], "a"), ([one], "b"), ([two], "b"), ([nil], "b"), ([nil], "b")].map {
            watch.fail($0.0, reason: $0.1)
        }
        #expect(news == [true, false, true, true, true, false])
        watch.succeed(before: [one], after: [one])
        let isNews = watch.fail([nil], reason: "b")
        #expect(isNews)
    }

    /// A certificate whose reading fails for want of something that no stamp shows.
    @Test func aCertificateThatCouldNotBeReadIsTriedAgain() throws {
        let folder = file + ".d"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func place(_ name: String) throws {
            for kind in ["key", "pem"] {
                let data = try Data(contentsOf: URL(fileURLWithPath: TestTLSClient.file("\(name).\(kind)")))
                try data.write(to: URL(fileURLWithPath: "\(folder)/server.\(kind)"), options: .atomic)
            }
            // Or a warning about the key would be counted.
            #expect(chmod("\(folder)/server.key", 0o600) == 0)
        }
        try place("first")
        let configuration = TLSConfiguration(
            certificateFile: "\(folder)/server.pem",
            keyFile: "\(folder)/server.key"
        )
        let failures = Mutex(0)
        let readings = Mutex(0)
        let log = CountingLogHandler()
        let logger = Logger(label: "test") { _ in log }
        let store = CertificateStore(configuration, logger: logger) { configuration throws(ServerError) in
            readings.withLock { $0 += 1 }
            let fails = failures.withLock { left in
                left -= 1
                return left >= 0
            }
            if fails { throw ServerError.cannotUseFile("server.pem", reason: "Too many open files") }
            return try TLSContext(configuration)
        }
        try store.load()
        let first = try #require(store.current)
        store.loadIfChanged()
        #expect(readings.withLock { $0 } == 1)
        try place("second")
        failures.withLock { $0 = 3 }
        for _ in 0..<3 {
            store.loadIfChanged()
            #expect(store.current === first)
        }
        #expect(log.count == 1)
        store.loadIfChanged()
        #expect(store.current !== first)
        store.loadIfChanged()
        #expect(readings.withLock { $0 } == 5)
        #expect(log.count == 2)
    }
}

/// Counts what is logged.
private final class CountingLogHandler: LogHandler {
    private let lines = Mutex(0)

    var count: Int { lines.withLock { $0 } }
    var logLevel: Logger.Level {
        get { .info }
        set {}
    }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) { lines.withLock { $0 += 1 } }
}
