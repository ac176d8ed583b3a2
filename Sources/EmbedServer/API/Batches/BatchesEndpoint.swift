import HTTPCore
import HTTPTypes
import JSONCore
import Logging

/// `/v1/batches`: lists of requests that are answered when there is time, as in OpenAI's API.
struct BatchesEndpoint: Sendable {
    /// What runs them.
    let service: BatchService

    /// `POST /v1/batches`.
    func create(_ request: Request, _ key: APIKey?) async throws(APIError) -> Answer {
        let wanted = try BatchRequest(body: request.body)
        let file = try await stored { () throws(BatchStoreError) in
            try await service.store.file(wanted.inputFileID, of: key?.name)
        }
        guard let file else {
            throw .invalid(
                "input_file_id",
                type: "value_error",
                input: .string(wanted.inputFileID),
                "input_file_id names no file of yours: '\(wanted.inputFileID.excerpt)' not found."
            )
        }
        guard file.purpose == .batch else {
            throw .invalid("input_file_id", type: "value_error", "input_file_id should name a file of purpose batch.")
        }
        let now = Timestamp.now.seconds
        var batch = Batch(
            id: Identifier.make("batch_"),
            owner: BatchOwner(key: key?.name, host: request.remoteAddress.host),
            inputFileID: file.id,
            outputFileID: Identifier.make("file-"),
            errorFileID: Identifier.make("file-"),
            completionWindow: wanted.completionWindow,
            outputLifetime: wanted.outputLifetime ?? service.settings.retentionHours * 3_600,
            createdAt: now,
            expiresAt: now + wanted.window
        )
        batch.metadata = wanted.metadata
        let made = batch
        try await stored { () throws(BatchStoreError) in try await service.submit(made) }
        return Answer(.json(BatchObject.encode(batch)), facts: ["batch": .string(batch.id)])
    }

    /// `GET /v1/batches`: the newest first; see docs/batches.md for the two shapes of the list.
    func list(_ request: Request, _ key: APIKey?) async throws(APIError) -> Answer {
        let query = QueryItems(request)
        let batches = try await stored { () throws(BatchStoreError) in
            try await service.store.batches(ofKey: key?.name)
        }
        let page = try ListPage(batches, query, maximum: 100, default: 20, id: \.id)
        switch query["format"] {
        case "jina":
            var writer = JSONWriter(capacity: 1_024)
            writer.array { for batch in page.items { JinaBatchObject.write(batch, to: &$0) } }
            return Answer(.json(writer.bytes))
        case "openai", nil:
            return Answer(.json(ListObject.encode(page, id: \.id, write: BatchObject.write)))
        default: throw .invalid("format", type: "enum", "format should be openai or jina.")
        }
    }

    /// `GET /v1/batches/{id}`.
    func show(_ request: Request, _ key: APIKey?) async throws(APIError) -> Answer {
        Answer(.json(BatchObject.encode(try await batch(request, key))))
    }

    /// `POST /v1/batches/{id}/cancel`.
    func cancel(_ request: Request, _ key: APIKey?) async throws(APIError) -> Answer {
        Answer(.json(BatchObject.encode(try await cancelled(request, key))))
    }

    /// The batch of the path, if it belongs to the caller.
    func batch(_ request: Request, _ key: APIKey?) async throws(APIError) -> Batch {
        let id = request.pathParameters["id"] ?? ""
        let batch = try await stored { () throws(BatchStoreError) in try await service.store.batch(id) }
        guard let batch, batch.owner.key == key?.name else { throw .notFound("Batch", id) }
        return batch
    }

    /// Has the requests of a batch that have not been begun left out; a batch that is over or nearly so is refused.
    func cancelled(_ request: Request, _ key: APIKey?) async throws(APIError) -> Batch {
        let batch = try await batch(request, key)
        let now = Timestamp.now.seconds
        let changed = try await stored { () throws(BatchStoreError) in
            try await service.store.update(batch.id) {
                if $0.status == .validating || $0.status == .inProgress { $0.move(to: .cancelling, at: now) }
            }
        }
        guard let changed, changed.status == .cancelling || changed.status == .cancelled else {
            throw APIError(
                status: .conflict,
                code: "CONFLICT_BATCH_OVER",
                openAICode: "batch_over",
                message: "Batch '\(batch.id)' cannot be cancelled: its status is \((changed ?? batch).status.rawValue)."
            )
        }
        return changed
    }
}
