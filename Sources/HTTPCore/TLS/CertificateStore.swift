internal import Dispatch
internal import Glibc
internal import Logging
internal import Synchronization

/// Holds the certificate that new connections get, and reads it again when its files change.
///
/// A connection keeps the one it began with. Files that cannot be used, such as a new certificate whose key is not yet
/// there, are logged, and the old certificate stays.
final class CertificateStore: Sendable {
    /// What is served, and which files it came from.
    private struct State {
        var context: TLSContext?
        var watch = FileWatch()
        var timer: (any DispatchSourceTimer)?
    }

    /// Makes a context from the files.
    typealias Reading = @Sendable (TLSConfiguration) throws(ServerError) -> TLSContext

    private let configuration: TLSConfiguration
    private let logger: Logger
    private let read: Reading
    private let state = Mutex(State())

    /// Names the files without reading them.
    init(
        _ configuration: TLSConfiguration,
        logger: Logger,
        read: @escaping Reading = { configuration throws(ServerError) in try TLSContext(configuration) }
    ) {
        self.configuration = configuration
        self.logger = logger
        self.read = read
    }

    /// The certificate for a new connection; nil before the first `load()`.
    var current: TLSContext? { state.withLock { $0.context } }

    /// Reads the files; if that fails, what was read before stays.
    func load() throws(ServerError) {
        let before = stamps()
        let context = try read(configuration)
        let after = stamps()
        state.withLock {
            $0.context = context
            $0.watch.succeed(before: before, after: after)
        }
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

    /// Reads the files unless those in use are as they were; a failure is tried again the next time, and logged once.
    func loadIfChanged() {
        let stamps = self.stamps()
        guard state.withLock({ $0.watch.isDue(stamps) }) else { return }
        do {
            try load()
            logger.notice(
                "the certificate has changed and is in use",
                metadata: ["file": "\(configuration.certificateFile)"]
            )
        } catch {
            let reason = "\(error)"
            guard state.withLock({ $0.watch.fail(stamps, reason: reason) }) else { return }
            logger.warning("the changed certificate cannot be used; the old one stays: \(reason)")
        }
    }

    private func warnIfKeyIsOpen() {
        var status = stat()
        guard stat(configuration.keyFile, &status) == 0, status.st_mode & 0o077 != 0 else { return }
        logger.warning("others may read the private key; chmod 600 \(configuration.keyFile)")
    }

    private func stamps() -> [FileStamp?] { configuration.files.map { FileStamp(path: $0) } }
}
