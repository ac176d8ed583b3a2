/// What the scheduler has done since it started.
public struct SchedulerCounts: Sendable, Equatable {
    /// Steps that were started, by class.
    public var steps: [Priority: Int] = [:]
    /// Interactive steps that ran in place of a bulk step.
    public var preemptions = 0
    /// Steps that stopped at a yield point because nobody wanted them any more.
    public var abandonedSteps = 0
    /// Tokens that went through a model.
    public var computedTokens = 0
    /// Rows that these tokens belong to.
    public var computedRows = 0
    /// Inputs whose vector was in the cache.
    public var cachedInputs = 0
    /// Inputs that shared the row of an equal one, in the same request or in another.
    public var sharedInputs = 0
    /// Rows with a value that is not finite.
    public var failedRows = 0
    /// Requests that were refused for overload.
    public var refusedRequests = 0
    /// Requests whose caller went away.
    public var cancelledRequests = 0
    /// Requests that ran into their deadline.
    public var expiredRequests = 0
}

/// What the scheduler is doing.
public struct SchedulerStatus: Sendable {
    /// Tokens that wait, by class.
    public var waitingTokens: [Priority: Int]
    /// How long a new request of the class would wait.
    public var predictedWait: [Priority: Duration]
    /// Octets of the vector cache.
    public var cacheBytes: Int
    /// What it has done.
    public var counts: SchedulerCounts
}
