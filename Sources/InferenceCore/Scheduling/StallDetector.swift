/// Notices that the compute worker is stuck: that it has passed no yield point for a minute, though a step runs.
///
/// It counts looks and not time, so that a machine that slept is not taken for one that is stuck.
struct StallDetector {
    /// Time between two looks.
    static let interval = Duration.seconds(5)
    /// Looks in a row without progress that mean that the worker is stuck.
    static let patience = 12

    private var progress: Int?
    private var looks = 0

    /// Looks once.
    ///
    /// - Parameter progress: yield points passed so far; `nil` if no step runs.
    mutating func isStuck(progress: Int?) -> Bool {
        looks = progress != nil && progress == self.progress ? looks + 1 : 0
        self.progress = progress
        return looks >= Self.patience
    }
}
