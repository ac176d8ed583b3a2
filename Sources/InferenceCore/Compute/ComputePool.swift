import CPlatform
import Glibc
import Synchronization

/// The threads of the forward pass: the caller's own and `threadCount - 1` more, shared by all models.
///
/// A loop's indices are handed out one by one, so a thread that the system holds up delays nothing but the index it
/// has. Between loops the threads spin for some tens of microseconds, since the next matrix product is usually that
/// near; then they sleep. Only one thread may call `run` at a time (the compute worker).
final class ComputePool: @unchecked Sendable {
    // SAFETY: all mutable state is atomic. `job` is read only by a thread that has claimed an index, and `run` neither
    // returns nor changes `job` before every claimed index is done.

    /// How many threads work on a loop, the caller's included.
    let threadCount: Int

    private typealias Body = (_ index: Int, _ slot: Int) -> Void
    private static let spins = 4_000

    /// The loop at work in one word, so that a claim is one compare-and-swap: 16 bits that change from loop to loop,
    /// 24 bits for its count, 24 for the next index to hand out.
    private let ticket = Atomic<UInt64>(0)
    private let done = Atomic<Int>(0)
    private let job = Atomic<UnsafeMutableRawPointer?>(nil)
    private let sleepers = Atomic<Int>(0)
    private let doorbell = WaitCondition(false)  // true: the pool is being torn down
    private let stopped = Atomic<Bool>(false)

    /// Starts `threadCount - 1` threads.
    init(threadCount: Int) {
        self.threadCount = max(1, threadCount)
        for slot in 1..<max(2, self.threadCount) where slot < self.threadCount {
            WorkerThread.start(name: "compute-\(slot)") { [self] in work(slot: slot) }
        }
    }

    /// Ends the threads.
    ///
    /// The pool must not be used afterwards.
    func stop() {
        stopped.store(true, ordering: .sequentiallyConsistent)
        doorbell.withLock { $0 = true }
        doorbell.signal()
    }

    /// Calls `body` for every index below `count`, on all threads, and returns when all calls have.
    ///
    /// - Parameters:
    ///   - count: below 2^24.
    ///   - body: gets the index and a slot below `threadCount` that no other thread has meanwhile, to
    ///     choose scratch memory by.
    func run(_ count: Int, _ body: (_ index: Int, _ slot: Int) -> Void) {
        precondition(count < 1 << 24, "a loop of \(count) is too long")
        guard count > 1, threadCount > 1 else {
            for index in 0..<max(0, count) { body(index, 0) }
            return
        }
        withoutActuallyEscaping(body) { body in
            withUnsafePointer(to: body) { pointer in
                let loop = (ticket.load(ordering: .relaxed) >> 48 &+ 1) << 48 | UInt64(count) << 24
                done.store(0, ordering: .relaxed)
                job.store(UnsafeMutableRawPointer(mutating: UnsafeRawPointer(pointer)), ordering: .relaxed)
                ticket.store(loop, ordering: .sequentiallyConsistent)
                if sleepers.load(ordering: .sequentiallyConsistent) > 0 { doorbell.signal() }
                take(slot: 0)
                var spins = 0
                while done.load(ordering: .acquiring) < count {
                    spins += 1
                    if spins < Self.spins { cplatform_pause() } else { sched_yield() }
                }
            }
        }
    }

    /// Calls `body` for parts of `0..<rows`, one part for each thread where there are rows enough.
    func forRows(_ rows: Int, _ body: (_ part: Range<Int>, _ slot: Int) -> Void) {
        let parts = min(threadCount, (rows + 7) / 8)
        run(parts) { index, slot in body(rows * index / parts..<rows * (index + 1) / parts, slot) }
    }

    /// Works on the current loop until its indices are gone.
    private func take(slot: Int) {
        while true {
            let current = ticket.load(ordering: .acquiring)
            let index = Int(current & 0xFF_FFFF)
            guard index < Int(current >> 24 & 0xFF_FFFF) else { return }
            guard
                ticket.compareExchange(expected: current, desired: current + 1, ordering: .acquiringAndReleasing)
                    .exchanged
            else { continue }
            job.load(ordering: .relaxed)?.assumingMemoryBound(to: Body.self).pointee(index, slot)
            done.add(1, ordering: .releasing)
        }
    }

    private func work(slot: Int) {
        var seen: UInt64 = 0
        var spins = 0
        while !stopped.load(ordering: .relaxed) {
            let loop = ticket.load(ordering: .acquiring) >> 48
            if loop != seen {
                seen = loop
                take(slot: slot)
                spins = 0
            } else if spins < Self.spins {
                spins += 1
                cplatform_pause()
            } else {
                sleepers.add(1, ordering: .sequentiallyConsistent)
                _ = doorbell.wait { stopping in
                    stopping || ticket.load(ordering: .sequentiallyConsistent) >> 48 != seen ? true : nil
                }
                sleepers.subtract(1, ordering: .sequentiallyConsistent)
                spins = 0
            }
        }
    }
}
