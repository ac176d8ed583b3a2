/// Embeds over the HTTP API of a server.
final class RemoteEmbedder: TextEmbedder {
    let dimensions: Int
    let maximumTokens: Int? = nil
    let window: RecordJob.Window

    private let client: EmbeddingsClient

    /// Asks the server for one vector: what it refuses is told before anything is written, and vectors have as many
    /// values as this one.
    ///
    /// - Parameters:
    ///   - connections: the most requests at once.
    ///   - report: hears of waits.
    init(
        endpoint: ServerEndpoint,
        options: VectorOptions,
        connections: Int,
        report: @escaping @Sendable (String) -> Void
    ) async throws {
        client = EmbeddingsClient(endpoint: endpoint, options: options, report: report)
        window = RecordJob.Window(unitRecords: 64, unitBytes: 1 << 16, units: connections, bytes: 8 << 20)
        switch try await client.embed(["probe"]).vectors[0] {
        case .success(let vector): dimensions = vector.count
        case .failure(let failure): throw RemoteError.badAnswer(url: endpoint.url, reason: failure.reason)
        }
    }

    func embed(_ texts: [String]) async throws -> EmbeddedTexts {
        let embedded = try await client.embed(texts)
        for case .success(let vector) in embedded.vectors where vector.count != dimensions {
            let reason = "a vector has \(vector.count) values, others have \(dimensions)"
            throw RemoteError.badAnswer(url: client.endpoint.url, reason: reason)
        }
        return embedded
    }

    func shutDown() async {}
}
