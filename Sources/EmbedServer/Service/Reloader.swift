import HTTPCore
import Logging

/// Reads the files that may change while the server runs: on SIGHUP, and when they have changed.
///
/// It waits for disks, so it has a thread of its own; and one reading at a time, lest an older one end last.
actor Reloader {
    /// The keys, and where they come from.
    let keys: KeyRing
    /// Counts the readings.
    let metrics: ServerMetrics
    private let logger: Logger
    private let executor = BlockingExecutor(label: "reload")

    /// How often the files are looked at.
    private static let interval = Duration.seconds(1)

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - keys: what is read again.
    ///   - metrics: counts the readings.
    ///   - logger: told how they went.
    init(keys: KeyRing, metrics: ServerMetrics, logger: Logger = Logger(label: "reload")) {
        self.keys = keys
        self.metrics = metrics
        self.logger = logger
    }

    /// Reads everything again; what cannot be used is logged, and stays as it was.
    ///
    /// - Returns: how many keys are in force.
    @discardableResult
    func reload() throws(SettingsError) -> Int {
        do throws(SettingsError) {
            let count = try keys.reload()
            report(count)
            return count
        } catch {
            report(error, isNews: true)
            throw error
        }
    }

    /// Reads what has changed since it was last read with success; a failure is logged once, however often it is met.
    func reloadChanged() {
        switch keys.look() {
        case .unchanged: break
        case .reloaded(let count): report(count)
        case .failed(let error, let isNews): report(error, isNews: isNews)
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
                    _ = try? await self.reload()
                    await self.reloadCertificate(of: server)
                }
            }
            if keys.hasFile { group.addTask { await self.watch() } }
        }
    }

    private func reloadCertificate(of server: HTTPServer) {
        do throws(ServerError) {
            try server.reloadCertificate()
        } catch {
            logger.error("certificate not reloaded; the one in use stays: \(error)")
        }
    }

    private func watch() async {
        while (try? await Task.sleep(for: Self.interval)) != nil { reloadChanged() }
    }

    private func report(_ count: Int) {
        metrics.record(keyReload: true)
        logger.notice("keys reloaded", metadata: ["keys": .stringConvertible(count)])
    }

    private func report(_ error: SettingsError, isNews: Bool) {
        metrics.record(keyReload: false)
        if isNews { logger.error("keys not reloaded; those in force stay: \(error)") }
    }
}
