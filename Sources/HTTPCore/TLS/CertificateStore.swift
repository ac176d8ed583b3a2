internal import Dispatch
internal import Glibc
internal import Logging
internal import Synchronization

/// Holds the certificate that new connections get, and reads it again when its files change.
///
/// A connection keeps the one it began with. Files that cannot be used, such as a new certificate whose key is not yet
/// there, are logged, and the old certificate stays.
final class CertificateStore: Sendable {
    /// What changes when a file is written or replaced.
    private struct Stamp: Equatable {
        let inode: UInt
        let size: Int
        let modified: [Int]
    }

    /// What is served, and which files have been tried.
    private struct State {
        var context: TLSContext?
        var tried: [Stamp?] = []
        var timer: (any DispatchSourceTimer)?
    }

    private let configuration: TLSConfiguration
    private let logger: Logger
    private let state = Mutex(State())

    /// Names the files without reading them.
    init(_ configuration: TLSConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// The certificate for a new connection; nil before the first `load()`.
    var current: TLSContext? { state.withLock { $0.context } }

    /// Reads the files; if that fails, what was read before stays.
    func load() throws(ServerError) {
        let stamps = self.stamps()
        state.withLock { $0.tried = stamps }
        let context = try TLSContext(configuration)
        state.withLock { $0.context = context }
        warnIfKeyIsOpen()
    }

    /// Looks at the files every now and then, on a queue of its own, until `stop()`.
    func watch() {
        let interval = DispatchTimeInterval.nanoseconds(configuration.watchInterval.nanoseconds)
        state.withLock { state in
            let timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "http.certificates"))
            timer.schedule(deadline: .now() + interval, repeating: interval)
            timer.setEventHandler { [weak self] in self?.loadIfChanged() }
            timer.activate()
            state.timer = timer
        }
    }

    /// Ends `watch()`.
    func stop() {
        state.withLock {
            $0.timer?.cancel()
            $0.timer = nil
        }
    }

    private func loadIfChanged() {
        let stamps = self.stamps()
        guard state.withLock({ $0.tried != stamps }) else { return }
        do {
            try load()
            logger.notice(
                "the certificate has changed and is in use",
                metadata: ["file": "\(configuration.certificateFile)"]
            )
        } catch {
            logger.warning("the changed certificate cannot be used; the old one stays: \(error)")
        }
    }

    private func warnIfKeyIsOpen() {
        var status = stat()
        guard stat(configuration.keyFile, &status) == 0, status.st_mode & 0o077 != 0 else { return }
        logger.warning("others may read the private key; chmod 600 \(configuration.keyFile)")
    }

    private func stamps() -> [Stamp?] {
        configuration.files.map { file in
            var status = stat()
            guard stat(file, &status) == 0 else { return nil }
            let modified = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
            return Stamp(inode: UInt(status.st_ino), size: Int(status.st_size), modified: modified)
        }
    }
}
