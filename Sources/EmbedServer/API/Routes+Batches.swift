import HTTPCore
import HTTPTypes

extension Routes {
    /// What a form adds to the file that it carries.
    private static let formBytes = 64 << 10

    /// The routes of files and batches, in the words of both APIs.
    var fileAndBatchRoutes: [Route] {
        let files = FilesEndpoint(service: batches)
        let openAI = BatchesEndpoint(service: batches)
        let jina = JinaBatchEndpoint(batches: openAI, state: runner.state)
        let uploadLimit = batches.settings.maximumFileBytes + Self.formBytes
        return [
            gateway.locked(.embed, .post, "/v1/files", bodyLimit: uploadLimit, files.upload),
            gateway.locked(.embed, .get, "/v1/files", files.list),
            gateway.locked(.embed, .get, "/v1/files/{id}/content", files.content),
            gateway.locked(.embed, .get, "/v1/files/{id}", files.show),
            gateway.locked(.embed, .delete, "/v1/files/{id}", files.delete),
            gateway.locked(.embed, .post, "/v1/batches", openAI.create),
            gateway.locked(.embed, .get, "/v1/batches", openAI.list),
            gateway.locked(.embed, .post, "/v1/batches/{id}/cancel", openAI.cancel),
            gateway.locked(.embed, .get, "/v1/batches/{id}", openAI.show),
            gateway.locked(.embed, .post, "/v1/batch/embeddings", jina.create),
            gateway.locked(.embed, .get, "/v1/batch/{id}/output", jina.output),
            gateway.locked(.embed, .get, "/v1/batch/{id}/errors", jina.errors),
            gateway.locked(.embed, .get, "/v1/batch/{id}", jina.show),
            gateway.locked(.embed, .delete, "/v1/batch/{id}", jina.cancel),
        ]
    }
}
