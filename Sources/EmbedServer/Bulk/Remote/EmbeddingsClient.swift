import InferenceCore
import JSONCore
import Synchronization

/// Asks a server for vectors, until it gives them.
final class EmbeddingsClient: Sendable {
    /// The server.
    let endpoint: ServerEndpoint
    private let options: VectorOptions
    private let report: @Sendable (String) -> Void
    private let idle = Mutex<[ServerConnection]>([])

    /// How long a request is repeated.
    private static let patience = Duration.seconds(600)

    /// - Parameter report: hears of waits.
    init(endpoint: ServerEndpoint, options: VectorOptions, report: @escaping @Sendable (String) -> Void) {
        self.endpoint = endpoint
        self.options = options
        self.report = report
    }

    /// Embeds texts; one that the server refuses leaves the others alone.
    func embed(_ texts: [String]) async throws -> EmbeddedTexts {
        let (status, body) = try await post(self.body(texts))
        switch status {
        case 200:
            do throws(EmbeddingsAnswer.Fault) {
                return try EmbeddingsAnswer.parse(body, count: texts.count)
            } catch {
                throw RemoteError.badAnswer(url: endpoint.url, reason: error.reason)
            }
        case 400, 413, 422:
            let message = EmbeddingsAnswer.message(body) ?? ""
            guard texts.count > 1 else {
                return EmbeddedTexts(
                    vectors: [.failure(TextFailure(reason: "the server answers \(status): \(message)"))],
                    isTruncated: [false]
                )
            }
            // A server refuses all of them because of one: halves find it.
            var embedded = try await embed(Array(texts[..<(texts.count / 2)]))
            embedded += try await embed(Array(texts[(texts.count / 2)...]))
            return embedded
        default:
            throw RemoteError.refused(
                url: endpoint.url,
                status: status,
                message: EmbeddingsAnswer.message(body) ?? "no reason given"
            )
        }
    }

    private func post(_ body: [UInt8]) async throws -> (status: Int, body: [UInt8]) {
        let connection = idle.withLock { $0.popLast() } ?? ServerConnection()
        defer { idle.withLock { $0.append(connection) } }
        let start = ContinuousClock.now
        var attempt = 1
        while true {
            switch try await connection.send(endpoint.request(body)) {
            case .answer(let status, let body): return (status, body)
            case .failure(let problem): throw RemoteError.gaveUp(url: endpoint.url, problem: problem)
            case .transient(let problem, let retryAfter):
                let delay = retryAfter ?? RetryPolicy.delay(attempt: attempt)
                guard .now - start + delay < Self.patience else {
                    throw RemoteError.gaveUp(url: endpoint.url, problem: problem)
                }
                report("\(problem); trying again in \(delay)")
                try await Task.sleep(for: delay)
                attempt += 1
            }
        }
    }

    /// Members that were not asked for are left out: some servers refuse those they do not know.
    private func body(_ texts: [String]) -> [UInt8] {
        var writer = JSONWriter(capacity: texts.reduce(256) { $0 + $1.utf8.count + 8 })
        writer.object {
            if let model = options.model {
                $0.key("model")
                $0.value(model)
            }
            $0.key("encoding_format")
            $0.value("base64")
            if let task = options.task {
                $0.key("task")
                $0.value(task.rawValue)
            }
            if let dimensions = options.dimensions {
                $0.key("dimensions")
                $0.value(dimensions)
            }
            if options.truncate {
                $0.key("truncate")
                $0.value(true)
                $0.key("return_truncated")
                $0.value(true)
            }
            $0.key("input")
            $0.array { for text in texts { $0.value(text) } }
        }
        return writer.bytes
    }
}
