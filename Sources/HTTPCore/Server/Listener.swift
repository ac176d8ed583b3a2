internal import CPlatform
internal import Dispatch
internal import Glibc
internal import Logging

/// Accepts connections and deals them out to the event loops in turn.
///
/// At the connection limit it asks for the longest idle connection to be closed and stops accepting until there is
/// room: the kernel's backlog holds the newcomers meanwhile. Out of descriptors it turns one newcomer away with the
/// help of a spare descriptor, so that the client learns of it, and rests a little longer each time.
final class Listener: @unchecked Sendable {
    // SAFETY: everything mutable is touched on `queue` alone, but for `init`, before anyone else has a reference.
    private let queue = DispatchQueue(label: "http.listener")
    private let descriptor: Int32
    private let loops: [EventLoop]
    private let context: ServerContext
    private var source: ReadySource?
    private var spare: Int32
    private var nextLoop = 0
    private var rest = restRange.lowerBound
    private var isStopped = false

    /// How many connections are accepted before others get their turn on the queue.
    private static let batch = 64

    /// How long a handshake under way has to be finished before the socket is closed.
    private static let handshakeTime = DispatchTimeInterval.milliseconds(50)

    /// How long to rest after running out of descriptors, in milliseconds.
    private static let restRange = 5...1000

    /// Takes over `descriptor`, a listening socket.
    init(descriptor: Int32, loops: [EventLoop], context: ServerContext) {
        self.descriptor = descriptor
        self.loops = loops
        self.context = context
        spare = Self.openSpare()
    }

    /// Begins to accept.
    func start() {
        queue.async { [self] in
            source = ReadySource(.reading, of: descriptor, on: queue) { [self] in
                accept()
            } onCancel: { [self] in
                close(descriptor)
                close(spare)
            }
        }
    }

    /// Deals out what the kernel has accepted already, beyond the limit too, and closes the socket.
    func stop() async {
        await withCheckedContinuation { continuation in
            queue.async { [self] in
                isStopped = true
                // Closing resets whatever waits in the backlog, so that has to be emptied, and nothing more may come.
                cplatform_stop_handshakes(descriptor)
                queue.asyncAfter(deadline: .now() + Self.handshakeTime) { [self] in
                    while acceptOne() {}
                    source?.cancel()
                    source = nil
                    // Behind the cancel handler, which runs on the same queue.
                    queue.async { continuation.resume() }
                }
            }
        }
    }

    private func accept() {
        for _ in 0..<Self.batch {
            guard !context.slots.isFull else { return waitForRoom() }
            guard acceptOne() else { return }
        }
    }

    /// Accepts one connection; false if there is none, or no descriptor for it.
    private func acceptOne() -> Bool {
        var storage = sockaddr_storage()
        let accepted = cplatform_accept(descriptor, &storage)
        guard accepted >= 0 else {
            switch errno {
            case EINTR, ECONNABORTED: return true
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: shedOne()
            default: break
            }
            return false
        }
        rest = Self.restRange.lowerBound
        context.slots.take()
        context.counters.connectionsAccepted.add()
        let peer = SocketAddress(storage) ?? SocketAddress(host: "", port: 0)
        loops[nextLoop].execute { $0.open(accepted, peer: peer) }
        nextLoop = (nextLoop + 1) % loops.count
        return true
    }

    private func waitForRoom() {
        source?.suspend()
        context.slots.awaitRoom { [weak self] in
            guard let self else { return }
            queue.async { self.resume() }
        }
        let candidates = loops.compactMap { loop in loop.sync { $0.longestIdleSince }.map { (loop, $0) } }
        candidates.min { $0.1 < $1.1 }?.0.execute { $0.closeLongestIdle() }
        // A connection may have closed before `awaitRoom`.
        if !context.slots.isFull { resume() }
    }

    private func resume() {
        if !isStopped { source?.resume() }
    }

    private func shedOne() {
        context.logger.warning("out of descriptors: connections are turned away", metadata: ["errno": "\(errno)"])
        if spare >= 0 {
            close(spare)
            let unwanted = cplatform_accept(descriptor, nil)
            if unwanted >= 0 {
                close(unwanted)
                context.counters.connectionsShed.add()
            }
            spare = Self.openSpare()
        }
        source?.suspend()
        queue.asyncAfter(deadline: .now() + .milliseconds(rest)) { [weak self] in self?.resume() }
        rest = min(rest * 2, Self.restRange.upperBound)
    }

    private static func openSpare() -> Int32 {
        open("/dev/null", O_RDONLY | O_CLOEXEC)
    }
}
