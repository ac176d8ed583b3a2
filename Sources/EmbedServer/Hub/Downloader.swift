import CCurl
import Glibc

/// Fetches files in segments, several at a time, and repeats what fails.
final class Downloader {
    /// One file to fetch.
    struct Job {
        /// What it is.
        let file: RepositoryFile
        /// Where its octets come from.
        let url: String
        /// Where its octets go.
        let partial: PartialFile
        /// Whether the server sends ranges; if not, the file comes in one piece.
        var hasRanges = true
    }

    private struct Piece {
        let job: Int
        let segment: Int
        /// The first octet that the last attempt asked for.
        var start = 0
        var attempt = 1
    }

    private let client: HubClient
    private let revision: String
    private let connections: Int
    private let progress: ProgressReport
    private var jobs: [Job]
    private var waiting: [Piece] = []
    private var running: [ObjectIdentifier: Piece] = [:]
    private var failure: (any Error)?
    private var notBefore = ContinuousClock.now
    private let loop = TransferLoop()

    /// - Parameters:
    ///   - connections: the most transfers at once.
    init(_ jobs: [Job], client: HubClient, revision: String, connections: Int, progress: ProgressReport) {
        self.jobs = jobs
        self.client = client
        self.revision = revision
        self.connections = connections
        self.progress = progress
    }

    /// Fetches everything that is missing.
    ///
    /// - Throws: `HubError` or `IOError`; what has arrived stays.
    func run() throws {
        for index in jobs.indices { enqueue(index) }
        while failure == nil, !(waiting.isEmpty && running.isEmpty) {
            let now = ContinuousClock.now
            while loop.count < connections, now >= notBefore, !waiting.isEmpty { start(waiting.removeFirst()) }
            for (transfer, code) in loop.step(milliseconds: 100) where failure == nil { finish(transfer, code) }
            progress.update(received: jobs.reduce(0) { $0 + $1.partial.received })
        }
        loop.cancel { _ in true }
        if let failure { throw failure }
    }

    private func enqueue(_ index: Int) {
        let partial = jobs[index].partial
        for segment in partial.progress.indices where !partial.missing(of: segment).isEmpty {
            waiting.append(Piece(job: index, segment: segment))
            if !jobs[index].hasRanges { return }
        }
    }

    private func start(_ piece: Piece) {
        let job = jobs[piece.job]
        let missing = job.partial.missing(of: piece.segment)
        let isWhole = !job.hasRanges || missing == 0..<job.file.size
        let transfer = HTTPTransfer(
            HTTPTransfer.Request(
                url: job.url,
                token: client.access.token,
                range: isWhole ? nil : missing.lowerBound...missing.upperBound - 1,
                authorities: client.access.authorities
            )
        )
        var piece = piece
        piece.start = missing.lowerBound
        var segment = piece.segment
        transfer.onHead = { Self.isSound($0, size: job.file.size) }
        transfer.onBody = { [unowned self] octets in
            do throws(IOError) {
                // A file in one piece runs through all its segments.
                var octets = octets
                while isWhole, segment + 1 < job.partial.progress.count {
                    let room = job.partial.missing(of: segment).count
                    if octets.count <= room { break }
                    _ = try job.partial.append(UnsafeRawBufferPointer(rebasing: octets[..<room]), to: segment)
                    octets = UnsafeRawBufferPointer(rebasing: octets[room...])
                    segment += 1
                }
                return try job.partial.append(octets, to: segment)
            } catch {
                failure = error
                return false
            }
        }
        running[ObjectIdentifier(transfer)] = piece
        loop.add(transfer)
    }

    /// Whether the octets that follow are those asked for: all of them with 200, or the range with 206.
    private static func isSound(_ transfer: HTTPTransfer, size: Int) -> Bool {
        switch (transfer.status, transfer.request.range) {
        case (200, nil): return transfer.field("content-length").map { Int($0) == size } ?? true
        case (206, let range?):
            guard let text = transfer.field("content-range"), text.hasPrefix("bytes \(range.lowerBound)-") else {
                return false
            }
            return text.hasSuffix("/\(size)") || text.hasSuffix("/*")
        default: return false
        }
    }

    private func finish(_ transfer: HTTPTransfer, _ code: CURLcode) {
        guard var piece = running.removeValue(forKey: ObjectIdentifier(transfer)) else { return }
        let partial = jobs[piece.job].partial
        let status = transfer.status
        if transfer.request.range != nil, status == 200 || status == 416 { return fallBackToWhole(piece.job) }
        let expected = transfer.request.range == nil ? 200 : 206
        let isMissing =
            jobs[piece.job].hasRanges ? !partial.missing(of: piece.segment).isEmpty : !partial.isComplete
        if code == CURLE_OK, status == expected, !isMissing { return }
        let url = transfer.request.url
        if status == expected,
            code == CURLE_WRITE_ERROR || code == CURLE_OK && !Self.isSound(transfer, size: partial.size)
        {
            failure = HubError.badAnswer(
                url: url,
                reason: "the hub lists \(partial.size) octets, the answer has others "
                    + "(\(transfer.field("content-range") ?? transfer.field("content-length") ?? "more"))"
            )
            return
        }
        let isAnswered = status != 0 && status != expected
        let isTransient =
            isAnswered
            ? RetryPolicy.isTransient(status: status) : code == CURLE_OK || RetryPolicy.isTransient(code)
        // An attempt that brought octets to keep was none in vain.
        let hasGrown = partial.missing(of: piece.segment).lowerBound > piece.start
        if hasGrown, jobs[piece.job].hasRanges { piece.attempt = 1 }
        guard isTransient, piece.attempt < RetryPolicy.maximumAttempts else {
            failure =
                isAnswered
                ? client.refusal(transfer, revision: revision)
                : HubError.transfer(url: url, reason: transfer.reason(code))
            return
        }
        retry(piece, after: transfer, problem: isAnswered ? "the hub answers \(status)" : transfer.reason(code))
    }

    private func retry(_ piece: Piece, after transfer: HTTPTransfer, problem: String) {
        let asked = RetryPolicy.seconds(retryAfter: transfer.field("retry-after"))
        if let asked, asked > RetryPolicy.maximumSeconds {
            failure = HubError.busy(seconds: asked)
            return
        }
        let delay = asked.map { .seconds($0) } ?? RetryPolicy.delay(attempt: piece.attempt)
        progress.say("\(jobs[piece.job].file.path): \(problem); trying again in \(delay)")
        notBefore = max(notBefore, ContinuousClock.now + delay)
        var piece = piece
        piece.attempt += 1
        if !jobs[piece.job].hasRanges {
            do throws(IOError) { try jobs[piece.job].partial.restart() } catch { failure = error }
        }
        waiting.insert(piece, at: 0)
    }

    /// Fetches a file from its beginning in one piece: the server does not send ranges of it.
    private func fallBackToWhole(_ index: Int) {
        guard jobs[index].hasRanges else { return }
        progress.say("\(jobs[index].file.path): the hub sends no ranges of it; fetching it in one piece")
        jobs[index].hasRanges = false
        loop.cancel { running[ObjectIdentifier($0)]?.job == index }
        running = running.filter { $0.value.job != index }
        waiting.removeAll { $0.job == index }
        do throws(IOError) { try jobs[index].partial.restart() } catch { failure = error }
        enqueue(index)
    }
}
