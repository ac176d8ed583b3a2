internal import HTTPTypes

/// One request whose head has been read, until its answer has been sent.
///
/// An object, since it is passed around a dozen times for each request, and belongs to one connection.
final class Exchange {
    /// What is known of a client that has ended its input while its handler runs.
    enum Farewell {
        /// It has not.
        case unsaid
        /// It has, a moment ago.
        case said
        /// It has been sent an interim answer since: if it is gone, its system resets the connection.
        case probed
    }

    let head: RequestHead
    let receivedAt: ContinuousClock.Instant
    /// What was decided about it; nil while that is being asked.
    var verdict: Verdict?
    /// Whether the answer is known without the body.
    var isAnswerKnown: Bool {
        if let verdict, case .answer = verdict.plan { true } else { false }
    }

    /// Octets of the decoded body so far.
    var bodyBytes = 0
    /// Octets of the body that had come when its present window of time began.
    var windowBytes = 0
    /// What the body holds of the server's memory.
    var share: MemoryShare?
    /// Whether the client has ended its input, and whether it has been asked since if it still reads.
    var farewell = Farewell.unsaid

    /// Makes the exchange of a request of which nothing else is known.
    init(head: RequestHead, receivedAt: ContinuousClock.Instant) {
        self.head = head
        self.receivedAt = receivedAt
    }

    /// The answer that is known without the body.
    var knownAnswer: Response? {
        if let verdict, case .answer(let response) = verdict.plan { response } else { nil }
    }
}
