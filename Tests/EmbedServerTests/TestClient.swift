import Foundation
import HTTPCore
import HTTPTypes
import JSONCore
import Logging
import Testing

@testable import EmbedServer

/// Asks the application that `serve` puts on a socket, with or without one.
struct TestClient {
    let application: EmbeddingApplication
    let log = RecordingLogHandler()
    private let server: SocketServer?

    var state: ServiceState { application.state }
    var metrics: ServerMetrics { application.metrics }
    var routes: [Route] { application.routes }
    /// Its folder is made when it is first used.
    var batches: BatchService { application.batches }

    init(
        _ models: [ServedModel] = [.fake()],
        keys: KeyRing? = nil,
        batch: BatchSettings = BatchSettings(),
        on transport: Transport = .router,
        settings change: (inout Settings) -> Void = { _ in }
    ) throws {
        var settings = Settings()
        settings.batch = batch
        let folder = FileManager.default.temporaryDirectory.path + "/batches-\(UUID().uuidString)"
        settings.batch.directory = batch.directory ?? folder
        change(&settings)
        let log = log
        application = EmbeddingApplication(
            settings: settings,
            home: HomeDirectory(environment: [:]),
            keys: try keys ?? KeyRing(apiKeys: [], path: nil),
            accessLog: Logger(label: "test") { _ in log },
            startedAt: 1_700_000_000
        )
        server = transport == .socket ? SocketServer(application.http) : nil
        if !models.isEmpty { state.becomeReady(try ModelCatalog(models)) }
    }

    /// The answer to a request.
    ///
    /// - Parameters:
    ///   - path: a path with its query.
    ///   - authority: the value of Host; `nil` for HTTP/1.0 without one.
    func send(
        _ method: HTTPRequest.Method,
        _ path: String,
        authority: String? = "localhost",
        fields: HTTPFields = [:],
        body: [UInt8] = []
    ) async throws -> Reply {
        let head = HTTPRequest(
            method: method,
            scheme: "http",
            authority: authority,
            path: path,
            headerFields: fields
        )
        let response: Response
        if let server {
            response = try await server.send(head, body: body)
        } else {
            let parts = path.split(separator: "?", maxSplits: 1).map(String.init)
            let request = Request(
                head: head,
                path: parts[0],
                query: parts.count > 1 ? parts[1] : nil,
                body: body
            )
            var answer = await application.http.answer(request)
            answer.fields[Self.requestID] = request.id.rawValue
            response = answer
        }
        let content = try response.content()
        return Reply(
            status: response.status.code,
            fields: response.fields,
            text: String(decoding: content, as: UTF8.self),
            json: (try? JSONParser.parse(content)) ?? .null,
            id: response.fields[Self.requestID] ?? ""
        )
    }

    private static let requestID = HTTPField.Name("x-request-id")!

    /// The answer to `POST /v1/embeddings`.
    func embed(_ body: String, fields: HTTPFields = [:]) async throws -> Reply {
        try await post("/v1/embeddings", body, fields: fields)
    }

    /// The answer to a body.
    func post(_ path: String, _ body: String, fields: HTTPFields = [:]) async throws -> Reply {
        try await send(.post, path, fields: fields, body: Array(body.utf8))
    }

    /// The first lines of the access log, once they are there: a client can have its answer a moment before.
    func lines(_ count: Int) async throws -> [Logger.Metadata] {
        for _ in 0..<5_000 where log.lines.count < count { try await Task.sleep(for: .milliseconds(1)) }
        let lines = log.lines
        try #require(lines.count >= count)
        return lines
    }

    struct Reply {
        let status: Int
        let fields: HTTPFields
        let text: String
        let json: JSONValue
        let id: String

        /// `data[index].embedding`.
        func embedding(_ index: Int = 0) -> JSONValue? {
            guard let data = json["data"]?.array, index < data.count else { return nil }
            return data[index]["embedding"]
        }
    }
}
