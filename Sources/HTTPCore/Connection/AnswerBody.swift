internal import Synchronization

/// The content of an answer that is made while it is sent: the stream of a handler, in its content coding.
///
/// Asked for one piece at a time, off the event loops. What a stream gives too much at once waits here.
final class AnswerBody: Sendable {
    private struct State {
        var stream: any BodyStream
        /// What has been made and not been given out.
        var rest: ArraySlice<UInt8>
        var isAtEnd = false
    }

    private let state: Mutex<State>
    /// What the content holds of the server's memory.
    private let share: MemoryShare

    /// Octets in all, where they are known.
    let length: Int?

    /// Makes the body of a response: its first octets, then its stream.
    init(_ first: [UInt8], _ stream: any BodyStream, share: MemoryShare) {
        length = stream.length.map { first.count + $0 }
        self.share = share
        state = Mutex(State(stream: stream, rest: first[...]))
    }

    /// Makes up to `limit` octets; nil at the end.
    func next(limit: Int) throws(BodyError) -> [UInt8]? {
        let result = state.withLock { state in Result { () throws(BodyError) in try Self.next(&state, limit) } }
        return try result.get()
    }

    private static func next(_ state: inout State, _ limit: Int) throws(BodyError) -> [UInt8]? {
        // A stream may give nothing now and then without being at its end.
        while state.rest.isEmpty, !state.isAtEnd {
            if let piece = try state.stream.next() { state.rest = piece[...] } else { state.isAtEnd = true }
        }
        guard !state.rest.isEmpty else { return nil }
        let piece = Array(state.rest.prefix(limit))
        state.rest = state.rest.dropFirst(limit)
        if state.rest.isEmpty { state.rest = [] }
        return piece
    }
}
