internal import Synchronization

/// The content of an answer that is made while it is sent: the stream of a handler, in its content coding.
///
/// Asked for one piece at a time, off the event loops. What a stream gives too much at once waits here.
final class AnswerBody: Sendable {
    private struct State: ~Copyable {
        var stream: any BodyStream
        /// What has been made and not been given out.
        var rest: ArraySlice<UInt8>
        /// What codes the pieces; nil where they go out as they are.
        var deflater: Deflater?
        var isAtEnd = false
    }

    private let state: Mutex<State>
    /// What the content holds of the server's memory.
    private let share: MemoryShare

    /// Octets in all, where they are known.
    let length: Int?

    /// Makes the body of a response: its first octets, then its stream, both coded by `deflater` if there is one.
    ///
    /// - Parameter share: What the content holds of the server's memory.
    init(_ first: [UInt8], _ stream: any BodyStream, deflater: consuming Deflater? = nil, share: MemoryShare) {
        self.share = share
        guard var deflater else {
            length = stream.length.map { first.count + $0 }
            state = Mutex(State(stream: stream, rest: first[...], deflater: nil))
            return
        }
        length = nil
        let coded = first.isEmpty ? [] : deflater.deflate(first, isLast: false) ?? []
        state = Mutex(State(stream: stream, rest: coded[...], deflater: deflater))
    }

    /// Makes up to `limit` octets; nil at the end.
    func next(limit: Int) throws(BodyError) -> [UInt8]? {
        let result = state.withLock { state in Result { () throws(BodyError) in try Self.next(&state, limit) } }
        return try result.get()
    }

    private static func next(_ state: inout State, _ limit: Int) throws(BodyError) -> [UInt8]? {
        // A stream or a coding may give nothing now and then without being at its end.
        while state.rest.isEmpty, !state.isAtEnd { state.rest = try piece(&state)[...] }
        guard !state.rest.isEmpty else { return nil }
        let piece = Array(state.rest.prefix(limit))
        state.rest = state.rest.dropFirst(limit)
        if state.rest.isEmpty { state.rest = [] }
        return piece
    }

    private static func piece(_ state: inout State) throws(BodyError) -> [UInt8] {
        let piece = try state.stream.next()
        state.isAtEnd = piece == nil
        guard state.deflater != nil else { return piece ?? [] }
        guard let coded = state.deflater?.deflate(piece ?? [], isLast: piece == nil) else {
            throw BodyError("zlib has no memory")
        }
        return coded
    }
}
