/// A file that a client has uploaded, or that a batch has written, without its content.
struct StoredFile: Sendable, Codable, Equatable {
    /// `file-` and 24 letters and digits.
    let id: String
    /// The key that it belongs to; `nil` where no keys are asked for.
    let owner: String?
    /// Octets of the content.
    let bytes: Int
    /// Seconds since 1970.
    let createdAt: Int
    /// When it is deleted, in seconds since 1970.
    let expiresAt: Int
    /// The name the client gave it.
    let filename: String
    /// What it is for.
    let purpose: Purpose

    /// What it takes of the disk: besides the content a folder, a description, and what is lost to whole blocks.
    var storedBytes: Int { bytes + 3 * 4_096 }

    /// The purposes that OpenAI's API has for batches.
    enum Purpose: String, Sendable, Codable {
        /// An input.
        case batch
        /// Results, or errors.
        case batchOutput = "batch_output"
    }
}
