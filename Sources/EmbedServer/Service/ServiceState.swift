import Synchronization

/// Whether the server can embed: decides `/readyz`, and what requests are told before and after.
final class ServiceState: Sendable {
    /// The life of the service; it only moves downwards.
    enum Phase: Sendable {
        /// Models are being read.
        case loading
        /// Requests are served.
        case ready(ModelCatalog)
        /// No connection is accepted any more; requests on those that were are served to the end.
        case draining(ModelCatalog?)
        /// The compute worker failed; only a restart helps.
        case failed(reason: String)

        /// The word for probes.
        var name: String {
            switch self {
            case .loading: "loading"
            case .ready: "ready"
            case .draining: "draining"
            case .failed: "failed"
            }
        }
    }

    private let state = Mutex(Phase.loading)

    /// The phase the service is in.
    var phase: Phase { state.withLock { $0 } }

    /// The models, while they can be used.
    func catalog() throws(APIError) -> ModelCatalog {
        switch phase {
        case .ready(let catalog), .draining(let catalog?): return catalog
        case .loading: throw .unavailable("The models are being loaded. Try again in a moment.")
        case .draining(nil): throw .unavailable("The server is shutting down.")
        case .failed: throw .unavailable("The server has failed and must be restarted.")
        }
    }

    /// Starts serving `catalog`.
    func becomeReady(_ catalog: ModelCatalog) {
        state.withLock { if case .loading = $0 { $0 = .ready(catalog) } }
    }

    /// Has probes report that the service ends.
    ///
    /// Requests are not refused: whoever has sent one to a connection that was accepted is owed an answer.
    func drain() {
        state.withLock {
            switch $0 {
            case .ready(let catalog): $0 = .draining(catalog)
            case .loading: $0 = .draining(nil)
            case .draining, .failed: break
            }
        }
    }

    /// Gives up: probes report it, so that the process is replaced.
    func fail(reason: String) {
        state.withLock { $0 = .failed(reason: reason) }
    }
}
