import HTTPCore
import Logging

/// Reads the files that may change while the server runs: on SIGHUP, and when they have changed.
struct Reloader: Sendable {
    /// The keys, and where they come from.
    let keys: KeyRing
    /// Counts the readings.
    let metrics: ServerMetrics
    private let logger = Logger(label: "reload")

    /// How often the files are looked at.
    private static let interval = Duration.seconds(1)

    /// - Parameters:
    ///   - keys: what is read again.
    ///   - metrics: counts the readings.
    init(keys: KeyRing, metrics: ServerMetrics) {
        self.keys = keys
        self.metrics = metrics
    }

    /// Reads everything again; what cannot be used is logged, and stays as it was.
    ///
    /// - Returns: how many keys are in force.
    @discardableResult
    func reload() throws(SettingsError) -> Int {
        do throws(SettingsError) {
            let count = try keys.reload()
            metrics.record(keyReload: true)
            logger.notice("keys reloaded", metadata: ["keys": .stringConvertible(count)])
            return count
        } catch {
            metrics.record(keyReload: false)
            logger.error("keys not reloaded; those in force stay: \(error)")
            throw error
        }
    }

    /// Reloads whenever there is reason to, until the task is cancelled.
    ///
    /// - Parameters:
    ///   - hangUps: SIGHUP as it comes.
    ///   - server: reads its certificate again; it notices changes by itself.
    func run(_ hangUps: AsyncStream<CInt>, of server: HTTPServer) async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                for await _ in hangUps {
                    _ = try? reload()
                    reloadCertificate(of: server)
                }
            }
            if let path = keys.watchedPath { group.addTask { await watch(path) } }
        }
    }

    private func reloadCertificate(of server: HTTPServer) {
        do throws(ServerError) {
            try server.reloadCertificate()
        } catch {
            logger.error("certificate not reloaded; the one in use stays: \(error)")
        }
    }

    private func watch(_ path: String) async {
        var stamp = FileStamp(path: path)
        while (try? await Task.sleep(for: Self.interval)) != nil {
            let now = FileStamp(path: path)
            // A file that is gone is most likely being replaced.
            guard let now, now != stamp else { continue }
            stamp = now
            _ = try? reload()
        }
    }
}
