import CPlatform
import Dispatch
import Glibc

/// Gives memory back to the system once a busy server, or one that has loaded its models, has become idle.
///
/// What is freed in the middle of malloc's heaps stays with the process otherwise: after a crowd of large answers that
/// is more than all models.
struct MemoryTrimmer {
    /// How often it is looked whether the server is idle.
    private static let interval = Duration.seconds(5)
    /// The part of one CPU that an idle server takes at most.
    private static let idleShare = 0.05
    /// Work that leaves something worth giving back takes at least this long.
    private static let leastWork = Duration.milliseconds(50)

    /// The process's time at the last look, and at the last trim.
    private var looked = Duration.zero
    private var trimmed = Duration.zero

    /// Runs until the task is cancelled.
    mutating func run() async {
        while (try? await Task.sleep(for: Self.interval)) != nil {
            guard isDue(at: Self.processTime) else { continue }
            // On no thread that somebody waits for.
            await withUnsafeContinuation { continuation in
                DispatchQueue.global(qos: .utility).async {
                    cplatform_trim_memory()
                    continuation.resume()
                }
            }
        }
    }

    /// Whether to trim now, one interval after the last look.
    ///
    /// - Parameter time: what the process has taken of all CPUs.
    mutating func isDue(at time: Duration) -> Bool {
        defer { looked = time }
        guard time - looked <= Self.interval * Self.idleShare, time - trimmed >= Self.leastWork else { return false }
        trimmed = time
        return true
    }

    private static var processTime: Duration {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
