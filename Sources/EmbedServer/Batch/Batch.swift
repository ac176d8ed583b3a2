/// A long list of requests that are answered when there is time, as OpenAI's API describes it.
struct Batch: Sendable, Codable, Equatable {
    /// `batch_` and 24 letters and digits.
    let id: String
    /// Who made it.
    let owner: BatchOwner
    /// The file of requests.
    let inputFileID: String
    /// The file of results, which exists once the batch is over.
    let outputFileID: String
    /// The file of errors, which exists once the batch is over.
    let errorFileID: String
    /// The time allowed, as the client wrote it.
    let completionWindow: String
    /// The model that all requests name, if the client named it for all.
    var model: String?
    /// What the client wants to remember.
    var metadata: [String: String] = [:]
    /// Seconds that results are kept.
    var outputLifetime: Int
    /// Where it is in its life.
    var status = BatchStatus.validating
    /// When it came there, in seconds since 1970, for every status it has had.
    var times: [BatchStatus: Int] = [:]
    /// Seconds since 1970.
    let createdAt: Int
    /// When what has not been tried is given up, in seconds since 1970.
    let expiresAt: Int
    /// Requests in the file, once they have been counted.
    var total = 0
    /// What has become of them.
    var counts = JobCounts()
    /// Why it failed, or what keeps it from going on.
    var faults: [BatchFault] = []
    /// Whether there are results.
    var hasOutput = false
    /// Whether there are errors.
    var hasErrors = false

    /// What it takes of the disk without its files: folders of its own and for two results, a description, a checkpoint.
    var storedBytes: Int { metadata.reduce(5 * 4_096) { $0 + $1.key.utf8.count + $1.value.utf8.count } }

    /// Goes to another status.
    mutating func move(to status: BatchStatus, at time: Int) {
        self.status = status
        times[status] = time
    }
}

/// The statuses of OpenAI's API.
enum BatchStatus: String, Sendable, Codable, CaseIterable, CodingKeyRepresentable {
    case validating, failed
    case inProgress = "in_progress"
    case finalizing, completed, expired, cancelling, cancelled

    /// Whether nothing more happens.
    var isFinal: Bool {
        switch self {
        case .failed, .completed, .expired, .cancelled: true
        case .validating, .inProgress, .finalizing, .cancelling: false
        }
    }
}

/// Who made a batch: whose limits it is held to, and whose share of the time it gets.
struct BatchOwner: Sendable, Codable, Equatable {
    /// The name of the key; `nil` where no keys are asked for.
    let key: String?
    /// The host that sent the request.
    let host: String
}

/// What is wrong with a batch, in the members of OpenAI's API.
struct BatchFault: Sendable, Codable, Equatable {
    /// A word for programs.
    let code: String
    /// A sentence for people.
    let message: String
    /// The member at fault.
    var parameter: String?
    /// The line of the input, from 1.
    var line: Int?
}
