/// Why a request was not embedded.
public enum EmbeddingError: Error, Equatable {
    /// An input has more tokens than the model takes, and truncation was not asked for.
    case inputTooLong(index: Int, limit: Int)
    /// All inputs together have more tokens than the request allows.
    case tooManyTokens(count: Int, limit: Int)
    /// A token id of an input is not in the vocabulary.
    case tokenOutOfRange(index: Int, id: Int32, vocabularySize: Int)
    /// A list of token ids has no ids.
    case emptyTokens(index: Int)
    /// `dimensions` is not in 1...native, or the model was not trained to be cut (`range` is then one number).
    case dimensionsOutOfRange(requested: Int, range: ClosedRange<Int>)
    /// The model was not trained for this task.
    case taskNotServed(requested: EmbeddingTask, available: [EmbeddingTask])
    /// The queue is full; try again after about `retryAfter`.
    case overloaded(retryAfter: Duration)
    /// The request's deadline passed.
    case deadlineExceeded
    /// The caller went away.
    case cancelled
    /// The engine is draining or has stopped.
    case shuttingDown
    /// The forward pass gave a value that is not finite for this input.
    case notFinite(index: Int)
    /// The compute worker failed; the process cannot embed any more.
    case computeFailed(reason: String)
}
