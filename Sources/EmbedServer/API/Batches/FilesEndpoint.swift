import Glibc
import HTTPCore
import HTTPTypes
import JSONCore
import Logging

/// `/v1/files`: what batches read and write, as in OpenAI's API.
struct FilesEndpoint: Sendable {
    /// Where files are.
    let service: BatchService

    private static let lifetimes = 3_600...2_592_000
    /// The longest name of a file: lists repeat it.
    private static let maximumFilenameBytes = 512

    /// `POST /v1/files`: stores the `file` of a form.
    func upload(_ request: Request, _ key: APIKey?) async throws(APIError) -> Answer {
        let form: MultipartForm
        do throws(MultipartForm.Fault) {
            form = try MultipartForm(request.body, contentType: request.fields[.contentType])
        } catch {
            throw .invalid(nil, type: "multipart_invalid", "The body is not a form: \(error).")
        }
        func text(_ name: String) -> String? {
            form[name].map { String(decoding: request.body[$0.content], as: UTF8.self) }
        }
        guard let part = form["file"] else {
            throw .invalid("file", type: "missing", "file is missing: send the JSONL file as a part of the form.")
        }
        guard let purpose = text("purpose") else {
            throw .invalid("purpose", type: "missing", "purpose is missing: it should be batch.")
        }
        guard purpose == "batch" else {
            throw .unsupported("purpose", "purpose should be batch: this server has no other use for files.")
        }
        let limit = service.settings.maximumFileBytes
        guard part.content.count <= limit else {
            throw APIError(HTTPError.contentTooLarge(limit: limit))
        }
        guard !part.content.isEmpty else { throw .invalid("file", type: "too_short", "file is empty.") }
        let filename = part.filename ?? "file.jsonl"
        guard filename.utf8.count <= Self.maximumFilenameBytes else {
            throw .invalid(
                "file",
                type: "string_too_long",
                "The name of the file should have at most \(Self.maximumFilenameBytes) bytes."
            )
        }
        let now = Timestamp.now.seconds
        let lifetime = try Self.lifetime(anchor: text("expires_after[anchor]"), seconds: text("expires_after[seconds]"))
        let file = StoredFile(
            id: Identifier.make("file-"),
            owner: key?.name,
            bytes: part.content.count,
            createdAt: now,
            expiresAt: now + (lifetime ?? service.settings.retentionHours * 3_600),
            filename: filename,
            purpose: .batch
        )
        try await stored { () throws(BatchStoreError) in
            try await service.store.add(file, content: request.body[part.content])
        }
        return Answer(.json(FileObject.encode(file)), facts: ["file": .string(file.id)])
    }

    /// `GET /v1/files`: the newest first.
    func list(_ request: Request, _ key: APIKey?) async throws(APIError) -> Answer {
        let query = QueryItems(request)
        var files = try await stored { () throws(BatchStoreError) in try await service.store.files(of: key?.name) }
        if let purpose = query["purpose"] { files = files.filter { $0.purpose.rawValue == purpose } }
        switch query["order"] {
        case "asc": files.reverse()
        case "desc", nil: break
        default: throw .invalid("order", type: "enum", "order should be asc or desc.")
        }
        let page = try ListPage(files, query, maximum: 10_000, default: 10_000, id: \.id)
        return Answer(.json(ListObject.encode(page, id: \.id, write: FileObject.write)))
    }

    /// `GET /v1/files/{id}`.
    func show(_ request: Request, _ key: APIKey?) async throws(APIError) -> Answer {
        Answer(.json(FileObject.encode(try await file(request, key))))
    }

    /// `GET /v1/files/{id}/content`: the file as it is, however long.
    func content(_ request: Request, _ key: APIKey?) async throws(APIError) -> Answer {
        let file = try await file(request, key)
        return Answer(try Self.download(file, from: service.store.folder))
    }

    /// `DELETE /v1/files/{id}`.
    func delete(_ request: Request, _ key: APIKey?) async throws(APIError) -> Answer {
        let file = try await file(request, key)
        try await stored { () throws(BatchStoreError) in try await service.store.remove(file) }
        var writer = JSONWriter()
        writer.object {
            $0.key("id")
            $0.value(file.id)
            $0.key("object")
            $0.value("file")
            $0.key("deleted")
            $0.value(true)
        }
        return Answer(.json(writer.bytes))
    }

    /// The answer that carries a file.
    static func download(_ file: StoredFile, from folder: BatchFolder) throws(APIError) -> Response {
        let path = folder.content(ofFile: file.id)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw APIError(BatchStoreError.io(IOError(path: path, code: errno))) }
        var response = Response(status: .ok, fields: [.contentType: "application/octet-stream"])
        response.fields[.contentDisposition] = "attachment"
        response.stream = FileBody(descriptor: descriptor, length: file.bytes)
        return response
    }

    private func file(_ request: Request, _ key: APIKey?) async throws(APIError) -> StoredFile {
        let id = request.pathParameters["id"] ?? ""
        let file = try await stored { () throws(BatchStoreError) in try await service.store.file(id, of: key?.name) }
        guard let file else { throw .notFound("File", id) }
        return file
    }

    private static func lifetime(anchor: String?, seconds: String?) throws(APIError) -> Int? {
        guard anchor != nil || seconds != nil else { return nil }
        guard anchor == nil || anchor == "created_at" else {
            throw .invalid("expires_after.anchor", type: "enum", "expires_after.anchor should be created_at.")
        }
        guard let seconds = seconds.flatMap({ Int($0) }), lifetimes.contains(seconds) else {
            throw .invalid(
                "expires_after.seconds",
                type: "int_parsing",
                "expires_after.seconds should be from \(lifetimes.lowerBound) to \(lifetimes.upperBound)."
            )
        }
        return seconds
    }
}

/// Runs work on the store, whose errors become those of the API.
func stored<Result: Sendable>(
    _ body: () async throws(BatchStoreError) -> Result
) async throws(APIError) -> Result {
    do throws(BatchStoreError) {
        return try await body()
    } catch {
        throw APIError(error)
    }
}
