internal import CPlatform
internal import Dispatch
internal import Glibc
internal import Logging

/// Accepts connections and deals them out to the event loops in turn.
///
/// At the connection limit a newcomer takes the place of a connection that is of no use now, or one of those kept for
/// probes (`Places`). While too many are being sent away the kernel's backlog holds the newcomers. Out of descriptors it
/// closes what is idle or turns a newcomer away, and rests a little longer each time.
final class Listener: @unchecked Sendable {
    // SAFETY: everything mutable is touched on `queue` alone, but for `init`, before anyone else has a reference.
    private let queue = DispatchQueue(label: "http.listener")
    private let descriptor: Int32
    private let loops: [EventLoop]
    private let context: ServerContext
    private var source: ReadySource?
    private var spare: Int32
    private var lastNumber: UInt64 = 0
    private var isWaiting = false
    private var willLookAgain = false
    private var rest = restRange.lowerBound
    private var isStopped = false

    /// How many connections are accepted before others get their turn on the queue.
    private static let batch = 64

    /// How long a handshake under way has to be finished before the socket is closed.
    private static let handshakeTime = DispatchTimeInterval.milliseconds(50)

    /// How often requests that wait for a place are looked after.
    private static let lookInterval = DispatchTimeInterval.milliseconds(250)

    /// Descriptors that connections never take.
    private static let headroom: rlim_t = 8

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
            guard !context.slots.isCrowded, acceptOne() else { break }
        }
        if context.slots.isCrowded { waitForRoom() }
    }

    /// Accepts one connection; false if there is none, no descriptor for it, or no place.
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
        // Both descriptors of a connection, or none: an answer shall not end for lack of the second.
        let copy = fcntl(accepted, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0, Self.leavesHeadroom(copy) else {
            close(accepted)
            if copy >= 0 { close(copy) }
            context.counters.connectionsShed.add()
            shedOne()
            return false
        }
        rest = Self.restRange.lowerBound
        context.counters.connectionsAccepted.add()
        let peer = PeerAddress(storage)
        let slot = takeSlot(for: peer)
        let socket = AcceptedSocket(
            descriptor: accepted,
            writeDescriptor: copy,
            peer: SocketAddress(storage) ?? SocketAddress(host: "", port: 0),
            peerAddress: peer,
            slot: slot
        )
        slot.loop.execute { $0.open(socket) }
        return true
    }

    /// Finds a place for a newcomer, if need be at the cost of another connection.
    private func takeSlot(for peer: PeerAddress) -> ConnectionSlot {
        var isReserved = false
        if !context.slots.hasRoom {
            let (decision, slots) = context.slots.decide(about: peer)
            switch decision {
            case .ordinary: break
            case .reserved, .wait: isReserved = true
            case .instead(let victim):
                isReserved = slots[victim].isReserved
                slots[victim].evict()
            }
            // Who is on a place for probes may have another as soon as there is one.
            if isReserved { awaitRoom() }
        }
        lastNumber += 1
        let loop = loops[Int(lastNumber % UInt64(loops.count))]
        let slot = ConnectionSlot(
            peer: peer,
            loop: loop,
            number: lastNumber,
            isReserved: isReserved,
            of: context.slots
        )
        context.slots.take(slot)
        return slot
    }

    private func awaitRoom() {
        context.slots.awaitRoom { [weak self] in
            guard let self else { return }
            queue.async { self.roomIsMade() }
        }
    }

    private func roomIsMade() {
        // Before looking, or what happens in between would be missed.
        awaitRoom()
        if context.slots.promote() { lookAgain() }
        if isWaiting, !context.slots.isCrowded {
            isWaiting = false
            resume()
        }
    }

    /// Nobody says when a body or an answer has stood still for too long.
    private func lookAgain() {
        guard !willLookAgain else { return }
        willLookAgain = true
        queue.asyncAfter(deadline: .now() + Self.lookInterval) { [weak self] in
            guard let self else { return }
            willLookAgain = false
            if !isStopped { roomIsMade() }
        }
    }

    private func waitForRoom() {
        isWaiting = true
        source?.suspend()
        awaitRoom()
        // A connection may have closed before `awaitRoom`.
        if !context.slots.isCrowded { roomIsMade() }
    }

    private func resume() {
        if !isStopped { source?.resume() }
    }

    /// Out of descriptors: closes the connection that has been idle longest, or turns a newcomer away with the help of the
    /// spare descriptor, so that the client learns of it.
    private func shedOne() {
        context.logger.warning("out of descriptors: connections are turned away", metadata: ["errno": "\(errno)"])
        if let idle = context.slots.longestIdle() {
            idle.evict()
        } else if spare >= 0 {
            close(spare)
            let unwanted = cplatform_accept(descriptor, nil)
            if unwanted >= 0 {
                close(unwanted)
                context.counters.connectionsShed.add()
            }
            spare = Self.openSpare()
        }
        source?.suspend()
        queue.asyncAfter(deadline: .now() + .milliseconds(rest)) { [weak self] in
            guard let self, !isWaiting else { return }
            resume()
        }
        rest = min(rest * 2, Self.restRange.upperBound)
    }

    /// Whether enough descriptors are free behind one that has just been made: the lowest number that is free is given out.
    ///
    /// Dispatch opens a file of its own now and then, and ends the process if it cannot.
    private static func leavesHeadroom(_ descriptor: Int32) -> Bool {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return true }
        return rlim_t(descriptor) + headroom < limit.rlim_cur
    }

    private static func openSpare() -> Int32 {
        open("/dev/null", O_RDONLY | O_CLOEXEC)
    }
}
