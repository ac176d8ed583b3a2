import HTTPCore
import HTTPTypes
import JSONCore
import Logging

/// `/v1/batch`: the same batches in the words of Jina's API.
struct JinaBatchEndpoint: Sendable {
    /// The batches in the words of OpenAI's API.
    let batches: BatchesEndpoint
    /// Where the models are.
    let state: ServiceState

    private static let window = (text: "24h", seconds: 86_400)

    private var service: BatchService { batches.service }

    /// `POST /v1/batch/embeddings`.
    func create(_ request: Request, _ key: APIKey?) async throws(APIError) -> Answer {
        let wanted = try JinaBatchRequest(body: request.body)
        let plan = try EmbeddingPlan(wanted.sample, catalog: state.catalog())
        let lines = try wanted.lines(limit: service.settings.maximumFileBytes)
        let now = Timestamp.now.seconds
        let id = Identifier.make("batch_")
        let lifetime = service.settings.retentionHours * 3_600
        let input = StoredFile(
            id: Identifier.make("file-"),
            owner: key?.name,
            bytes: lines.count,
            createdAt: now,
            expiresAt: now + lifetime,
            filename: "\(id)_input.jsonl",
            purpose: .batch
        )
        var batch = Batch(
            id: id,
            owner: BatchOwner(key: key?.name, host: request.remoteAddress.host),
            inputFileID: input.id,
            outputFileID: Identifier.make("file-"),
            errorFileID: Identifier.make("file-"),
            completionWindow: Self.window.text,
            outputLifetime: lifetime,
            createdAt: now,
            expiresAt: now + Self.window.seconds
        )
        batch.model = wanted.sample.model ?? plan.model.id
        let made = batch
        try await stored { () throws(BatchStoreError) in
            try await service.store.add(input, content: lines[...])
            do throws(BatchStoreError) {
                try await service.submit(made)
            } catch {
                // Nobody knows the file: what is to be told is why there is no batch.
                try? await service.store.remove(input)
                throw error
            }
        }
        let response = Response.json(JinaBatchObject.encode(batch), status: .accepted)
        return Answer(response, facts: ["batch": .string(batch.id)])
    }

    /// `GET /v1/batch/{id}`.
    func show(_ request: Request, _ key: APIKey?) async throws(APIError) -> Answer {
        Answer(.json(JinaBatchObject.encode(try await batches.batch(request, key))))
    }

    /// `DELETE /v1/batch/{id}`.
    func cancel(_ request: Request, _ key: APIKey?) async throws(APIError) -> Answer {
        Answer(.json(JinaBatchObject.encode(try await batches.cancelled(request, key))))
    }

    /// `GET /v1/batch/{id}/output`.
    func output(_ request: Request, _ key: APIKey?) async throws(APIError) -> Answer {
        let batch = try await batches.batch(request, key)
        return try await download(batch.hasOutput ? batch.outputFileID : nil, "results", of: batch)
    }

    /// `GET /v1/batch/{id}/errors`.
    func errors(_ request: Request, _ key: APIKey?) async throws(APIError) -> Answer {
        let batch = try await batches.batch(request, key)
        return try await download(batch.hasErrors ? batch.errorFileID : nil, "errors", of: batch)
    }

    private func download(_ id: String?, _ what: String, of batch: Batch) async throws(APIError) -> Answer {
        guard let id else {
            let reason = batch.status.isFinal ? "it has none" : "its status is \(batch.status.rawValue)"
            throw .notFound("The \(what) of batch", "\(batch.id): \(reason)")
        }
        let file = try await stored { () throws(BatchStoreError) in
            try await service.store.file(id, of: batch.owner.key)
        }
        guard let file else { throw .notFound("The \(what) of batch", batch.id) }
        return Answer(try FilesEndpoint.download(file, from: service.store.folder))
    }
}
