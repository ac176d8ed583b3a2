import CCurl

/// A connection to a server, for one request at a time.
actor ServerConnection {
    /// What came of a request.
    enum Outcome: Sendable {
        /// The server has answered.
        case answer(status: Int, body: [UInt8])
        /// Another attempt may fare better.
        case transient(problem: String, retryAfter: Duration?)
        /// No attempt will fare better.
        case failure(reason: String)
    }

    private let executor = BlockingExecutor(label: "server connection")
    /// Keeps the connection open between requests.
    private let loop = TransferLoop()

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private static let maximumAnswerBytes = 256 << 20
    private static let pollMilliseconds = 100

    /// Sends a request and waits for what comes of it.
    func send(_ request: HTTPTransfer.Request) throws -> Outcome {
        let transfer = HTTPTransfer(request)
        var body: [UInt8] = []
        transfer.onBody = {
            body += $0
            return body.count <= Self.maximumAnswerBytes
        }
        loop.add(transfer)
        while true {
            if Task.isCancelled {
                loop.cancel { _ in true }
                throw CancellationError()
            }
            guard let (_, code) = loop.step(milliseconds: Self.pollMilliseconds).first else { continue }
            guard code == CURLE_OK else {
                let reason = transfer.reason(code)
                return RetryPolicy.isTransient(code)
                    ? .transient(problem: reason, retryAfter: nil) : .failure(reason: reason)
            }
            guard RetryPolicy.isTransient(status: transfer.status) else {
                return .answer(status: transfer.status, body: body)
            }
            let message = EmbeddingsAnswer.message(body).map { ": \($0)" } ?? ""
            return .transient(
                problem: "the server answers \(transfer.status)\(message)",
                retryAfter: Self.retryAfter(transfer)
            )
        }
    }

    /// The wait that the server asks for, in OpenAI's finer field if it is there.
    private static func retryAfter(_ transfer: HTTPTransfer) -> Duration? {
        if let text = transfer.field("retry-after-ms"), let milliseconds = Int(text), milliseconds >= 0 {
            return .milliseconds(milliseconds)
        }
        return RetryPolicy.seconds(retryAfter: transfer.field("retry-after")).map { .seconds($0) }
    }
}
