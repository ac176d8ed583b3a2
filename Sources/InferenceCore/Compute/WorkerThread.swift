import CPlatform
import Glibc

/// A thread of our own, outside Dispatch's pool and Swift's: it may block and compute for as long as it likes.
public enum WorkerThread {
    /// Starts a detached thread that runs `body` and ends.
    ///
    /// - Parameter name: what `top -H` shows, at most 15 characters.
    public static func start(name: String, _ body: @escaping @Sendable () -> Void) {
        let box = Unmanaged.passRetained(Box(name: name, body: body))
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        defer { pthread_attr_destroy(&attributes) }
        var thread = pthread_t()
        let result = pthread_create(
            &thread,
            &attributes,
            { argument in
                guard let argument else { return nil }
                let box = Unmanaged<Box>.fromOpaque(argument).takeRetainedValue()
                cplatform_name_thread(box.name)
                box.body()
                return nil
            },
            box.toOpaque()
        )
        precondition(result == 0, "cannot start a thread: \(String(cString: strerror(result)))")
    }

    private final class Box: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
}
