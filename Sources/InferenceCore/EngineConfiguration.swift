/// What an engine may use.
public struct EngineConfiguration: Sendable {
    /// Compute threads; `nil`: what cgroup quota, cpuset and affinity allow.
    public var threads: Int?
    /// The most tokens waiting in one class; a request that would go over it is refused.
    public var queueTokens = 262_144
    /// An interactive request is refused if it would wait longer; `nil`: it never is.
    public var interactiveWait: Duration? = .seconds(5)
    /// A bulk request is refused if it would wait longer; `nil`: it never is.
    public var bulkWait: Duration? = .seconds(120)
    /// The most tokens of one forward pass, unless one input alone has more.
    ///
    /// Steps are smaller where that many would take long: on slow machines, and where inputs are long.
    public var stepTokens = 2_048
    /// Octets of vectors to keep for equal inputs of later requests; 0 keeps none.
    public var cacheBytes = 0

    /// The defaults.
    public init() {}

    var limits: SchedulingPolicy.Limits {
        SchedulingPolicy.Limits(
            queueTokens: queueTokens,
            interactiveWait: interactiveWait,
            bulkWait: bulkWait,
            stepTokens: stepTokens,
            cacheBytes: cacheBytes
        )
    }
}
