import HTTPCore
import HTTPTypes
import Logging

/// Takes a batch through its life, from wherever it is to its end.
struct BatchRunner: Sendable {
    /// Where batches are.
    let store: BatchStore
    /// Tells whether the engine has failed.
    let state: ServiceState
    /// Holds the keys of the owners.
    let keys: KeyRing
    /// The most requests of a file.
    let maximumLines: Int
    /// Answers a request as it would be answered over HTTP.
    let endpoint: Endpoint

    /// Answers a request on account of a key.
    typealias Endpoint = @Sendable (Request, APIKey?) async throws(APIError) -> Answer

    /// Enough requests at work to keep the engine busy with bulk steps, and few enough to leave room in its queue for
    /// others.
    private static let window = RecordJob.Window(unitRecords: 1, unitBytes: 1, units: 64, bytes: 1 << 16)

    /// How long a request waits at a time for the engine or its key's limit to have room.
    private static let longestWait = Duration.seconds(1)

    /// Runs until the batch is over; cancelling the task leaves a checkpoint.
    func run(_ id: String) async throws {
        guard var batch = try await store.batch(id) else { return }
        if batch.status == .validating || batch.total == 0 {
            guard try await validate(batch) else { return }
        }
        try store.usage.check()
        try await work(on: batch)
        batch =
            try await store.update(id) {
                if $0.status == .inProgress { $0.move(to: .finalizing, at: Timestamp.now.seconds) }
            } ?? batch
        let isCancelled = batch.status == .cancelling
        let status: BatchStatus = isCancelled ? .cancelled : batch.counts.expired > 0 ? .expired : .completed
        try await store.finish(id, as: status, at: Timestamp.now.seconds)
    }

    /// Reads the input; a batch with faults has failed.
    private func validate(_ batch: Batch) async throws -> Bool {
        let path = store.folder.content(ofFile: batch.inputFileID)
        let findings = try await BatchInput(path: path, maximumLines: maximumLines).check()
        guard findings.faults.isEmpty else {
            try await store.update(batch.id) { $0.faults = findings.faults }
            try await store.finish(batch.id, as: .failed, at: Timestamp.now.seconds)
            return false
        }
        try await store.update(batch.id) {
            $0.total = findings.total
            if $0.status == .validating { $0.move(to: .inProgress, at: Timestamp.now.seconds) }
        }
        return true
    }

    private func work(on batch: Batch) async throws {
        let folder = store.folder
        let job = try RecordJob(
            input: folder.content(ofFile: batch.inputFileID),
            format: .jsonl,
            skipsBlankLines: true,
            outputPaths: [folder.content(ofFile: batch.outputFileID), folder.content(ofFile: batch.errorFileID)],
            checkpointPath: folder.checkpoint(ofBatch: batch.id),
            window: Self.window
        )
        try await job.run { records in
            var outcome = RecordJob.Outcome(outputs: [[], []], counts: JobCounts())
            for record in records { try await answer(record, of: batch, into: &outcome) }
            return outcome
        } onProgress: {
            try store.usage.record($0, of: batch.id)
        }
    }

    /// Answers one line.
    private func answer(_ record: Record, of batch: Batch, into outcome: inout RecordJob.Outcome) async throws {
        let line = try BatchLine(record.octets)
        let request = Self.request(Array(record.octets[line.body]), of: batch)
        while true {
            if let reason = try await reasonToStop(batch) {
                outcome.counts.failed += 1
                if reason == .expired { outcome.counts.expired += 1 }
                outcome.outputs[1] += BatchResult.line(
                    code: reason.rawValue,
                    message: reason.message,
                    to: line.customID,
                    id: request.id
                )
                return
            }
            let answer = await ask(request, for: try key(of: batch))
            try Task.checkCancellation()
            if let wait = wait(after: answer) {
                try await Task.sleep(for: min(wait, Self.longestWait))
                continue
            }
            let isGood = answer.response.status == .ok
            let result = try BatchResult.line(answer.response, to: line.customID, id: request.id)
            outcome.outputs[isGood ? 0 : 1] += result
            if isGood { outcome.counts.completed += 1 } else { outcome.counts.failed += 1 }
            outcome.counts.tokens += answer.facts["tokens"].flatMap { Int($0.description) } ?? 0
            return
        }
    }

    private func ask(_ request: Request, for key: APIKey?) async -> Answer {
        do throws(APIError) {
            return try await endpoint(request, key)
        } catch {
            return Answer(error, id: request.id)
        }
    }

    /// Why a request is not tried any more.
    private enum ReasonToStop: String {
        case cancelled = "batch_cancelled"
        case expired = "batch_expired"

        var message: String {
            switch self {
            case .cancelled: "The batch was cancelled before this request was tried."
            case .expired: "This request could not be executed before the completion window expired."
            }
        }
    }

    private func reasonToStop(_ batch: Batch) async throws -> ReasonToStop? {
        if try await store.batch(batch.id)?.status == .cancelling { return .cancelled }
        return Timestamp.now.seconds >= batch.expiresAt ? .expired : nil
    }

    /// How long until the same request may be answered otherwise; `nil` for an answer that is final.
    private func wait(after answer: Answer) -> Duration? {
        // What fails because the engine has died succeeds after a restart.
        if case .failed = state.phase { return Self.longestWait }
        switch answer.response.status {
        case .serviceUnavailable: return Self.longestWait
        case .tooManyRequests:
            let milliseconds = answer.response.fields[.retryAfterMilliseconds].flatMap { Int($0) }
            return milliseconds.map { .milliseconds($0) } ?? Self.longestWait
        default: return nil
        }
    }

    /// The key whose limits hold; a key that has been taken away does no more work.
    private func key(of batch: Batch) throws -> APIKey? {
        guard let name = batch.owner.key else { return nil }
        guard let key = keys.find(named: name) else { throw RevokedKey(name: name) }
        return key
    }

    private static func request(_ body: [UInt8], of batch: Batch) -> Request {
        var head = HTTPRequest(method: .post, scheme: "http", authority: nil, path: BatchLine.endpoint)
        head.headerFields[.priority] = "bulk"
        return Request(
            head: head,
            path: BatchLine.endpoint,
            body: body,
            remoteAddress: SocketAddress(host: batch.owner.host, port: 0)
        )
    }
}

/// The owner of a batch may not embed any more.
struct RevokedKey: Error, CustomStringConvertible {
    /// The key's name.
    let name: String

    var description: String { "the API key '\(name)' is not in force any more" }
}
