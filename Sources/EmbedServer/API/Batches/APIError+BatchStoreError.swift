import Glibc
import HTTPCore
import HTTPTypes

extension APIError {
    /// What trouble with stored files means for the client; the log has the path.
    init(_ error: BatchStoreError) {
        switch error {
        case .locked:
            self = .unavailable("Another server uses the folder of files and batches.")
            cause = error.description
        case .full(let limit):
            self = .insufficientStorage(
                "The server keeps at most \(limit) bytes of files and results. Delete files that are not needed."
            )
        case .tooMany(let what, let limit):
            self = .insufficientStorage(
                "The server keeps at most \(limit) \(what) for each owner. Delete files that are not needed, or wait "
                    + "until older ones expire."
            )
        case .inUse(let batch):
            self.init(
                status: .conflict,
                code: "CONFLICT_RESOURCE_BUSY",
                openAICode: "file_in_use",
                message: "The file is read by \(batch). Cancel the batch, or wait for its end."
            )
        case .io(let failure) where [ENOSPC, EDQUOT, EFBIG].contains(failure.code):
            self = .insufficientStorage("The server's disk has no room for files and batches: \(failure.reason).")
            cause = error.description
        case .io(let failure):
            self = .internalError(
                "The server cannot use its folder of files and batches: \(failure.reason).",
                cause: error.description
            )
        }
    }

    /// No room on the disk: 507 (RFC 4918 section 11.5).
    private static func insufficientStorage(_ message: String) -> APIError {
        APIError(
            status: HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage"),
            code: "INSUFFICIENT_STORAGE",
            openAICode: "insufficient_storage",
            message: message
        )
    }

    /// An id that names nothing, or nothing of this caller's: 404.
    static func notFound(_ kind: String, _ id: String) -> APIError {
        APIError(
            status: .notFound,
            code: "RESOURCE_NOT_FOUND",
            openAICode: "not_found",
            message: "\(kind) '\(id.excerpt)' not found or access denied.",
            parameter: "id"
        )
    }
}
