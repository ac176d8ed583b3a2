internal import Dispatch

/// Tells an event loop that a descriptor can be read or written; the only place where socket sources are made.
///
/// Dispatch on Linux keeps one epoll entry for each descriptor and gets confused when it changes, hence these rules:
/// - A read source is made before anything else on its descriptor and kept until the descriptor is closed.
/// - A write source watches a dup(2) of the descriptor: on the same one, a read source would go deaf.
/// - A descriptor is closed in the cancel handler, never before: a reused number would inherit the stale entry.
/// - A suspended source is resumed before it is cancelled, or its cancel handler never runs.
final class ReadySource {
    /// What the descriptor is watched for.
    enum Readiness {
        case reading
        case writing
    }

    private let source: any DispatchSourceProtocol
    private(set) var isSuspended = false

    /// Watches `descriptor`; the handlers run on `queue`.
    ///
    /// - Parameters:
    ///   - onReady: Called again and again while the descriptor is ready and the source is not suspended.
    ///   - onCancel: Called once after `cancel()`; closes the descriptor.
    init(
        _ readiness: Readiness,
        of descriptor: Int32,
        on queue: DispatchQueue,
        onReady: @escaping () -> Void,
        onCancel: @escaping () -> Void
    ) {
        switch readiness {
        case .reading: source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        case .writing: source = DispatchSource.makeWriteSource(fileDescriptor: descriptor, queue: queue)
        }
        source.setEventHandler(handler: onReady)
        source.setCancelHandler(handler: onCancel)
        source.activate()
    }

    /// Stops the calls of `onReady`; a suspended source does not see a hang-up either.
    func suspend() {
        guard !isSuspended else { return }
        isSuspended = true
        source.suspend()
    }

    /// Undoes `suspend()`.
    func resume() {
        guard isSuspended else { return }
        isSuspended = false
        source.resume()
    }

    /// Stops for good.
    func cancel() {
        guard !source.isCancelled else { return }
        source.cancel()
        resume()
    }
}
