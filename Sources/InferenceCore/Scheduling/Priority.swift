/// The two classes of work.
///
/// Interactive work goes first, and bulk work keeps a share of the time.
public enum Priority: String, Sendable, CaseIterable {
    /// Somebody waits for the answer: search queries, single short texts.
    case interactive
    /// A pipeline waits: indexing, long documents.
    case bulk
}

extension Priority {
    /// A row above this many tokens is bulk work whatever its request asks for: it can be preempted, but once it ran in
    /// place of other work nothing could run in place of it.
    static let longestInteractiveRow = 1_024

    /// The class of a request that names none.
    ///
    /// - Parameters:
    ///   - requested: what the caller asked for.
    ///   - task: a search query is interactive if the whole request is short; anything else also has to be few inputs.
    ///   - lengths: tokens of each input.
    init(requested: Priority?, task: EmbeddingTask?, lengths: [Int]) {
        let tokens = lengths.reduce(0, +)
        if lengths.contains(where: { $0 > Self.longestInteractiveRow }) {
            self = .bulk
        } else if let requested {
            self = requested
        } else if task == .retrievalQuery {
            self = tokens <= 1_024 ? .interactive : .bulk
        } else {
            self = lengths.count <= 4 && tokens <= 512 ? .interactive : .bulk
        }
    }
}
