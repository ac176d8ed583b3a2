/// Decides when files that may change have to be read again, and which failures are news.
///
/// It reads nothing itself: whoever does looks at the stamps before and after, and says how it went.
public struct FileWatch: Sendable {
    /// What the files were when they were last read to the end; nil if they have to be read in any case.
    private var read: [FileStamp?]?
    /// The failure that was told last.
    private var told: Failure?

    private struct Failure: Equatable {
        let stamps: [FileStamp?]
        let reason: String
    }

    /// Nothing has been read.
    public init() {}

    /// Whether the files have to be read.
    ///
    /// A failed reading leaves them so: what was in the way, such as a lack of descriptors, may be gone the next time
    /// without a change to any file.
    ///
    /// - Parameter stamps: the files as they are now, nil for those that are not there.
    public func isDue(_ stamps: [FileStamp?]) -> Bool { read != stamps }

    /// Notes that the files were read and can be used.
    ///
    /// - Parameters:
    ///   - before: the files when the reading began.
    ///   - after: the files when it had ended. If they have changed meanwhile they have to be read again: nobody knows
    ///     how much of which state was seen.
    public mutating func succeed(before: [FileStamp?], after: [FileStamp?]) {
        read = before == after ? after : nil
        told = nil
    }

    /// Notes that the files could not be read or used.
    ///
    /// - Returns: whether this is news: another reason, or other files, than the last time.
    public mutating func fail(_ stamps: [FileStamp?], reason: String) -> Bool {
        let failure = Failure(stamps: stamps, reason: reason)
        defer { told = failure }
        return told != failure
    }
}
