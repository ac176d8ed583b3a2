import Synchronization

/// What an encoding works with and the next one can use again.
struct Scratch: Sendable {
    var wordPiece = WordPiece.Scratch()
    var bytePair = ByteLevelBPE.Scratch()
}

/// Keeps scratch room between encodings; each is used by one encoding at a time.
final class ScratchPool: Sendable {
    private let free = Mutex<[Scratch]>([])
    /// More than this many encodings at a time make their own.
    private static let capacity = 16

    func take() -> Scratch {
        free.withLock { $0.popLast() } ?? Scratch()
    }

    func give(back scratch: consuming Scratch) {
        let scratch = scratch
        free.withLock { if $0.count < Self.capacity { $0.append(scratch) } }
    }
}
