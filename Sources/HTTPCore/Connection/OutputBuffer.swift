/// Octets that are to be sent: the head and the body of one answer, and how much the peer has taken.
struct OutputBuffer {
    private var head: [UInt8] = []
    private var body: [UInt8] = []
    private var sent = 0
    /// What follows the body, and from where on it has not been read yet.
    private var file: FileBody?
    private var fileOffset = 0

    /// Octets of a file that are in memory at once.
    private static let pieceBytes = 256 * 1024
    /// Octets after which other connections of the loop have their turn.
    private static let turnBytes = 1024 * 1024

    /// Whether all has been sent.
    var isEmpty: Bool { file == nil && sent == head.count + body.count }

    /// Adds an answer behind what is left; only an interim answer, which has no body, may be left.
    mutating func append(head newHead: [UInt8], body newBody: [UInt8], file newFile: FileBody? = nil) {
        precondition(body.isEmpty || isEmpty, "one answer at a time")
        head = isEmpty ? newHead : Array(head[sent...]) + newHead
        body = newBody
        sent = 0
        file = newFile
        fileOffset = 0
    }

    /// Sends what the peer takes, or enough for one turn; `.octets` with the sum if anything went out.
    mutating func flush(to transport: inout any Transport) -> TransportResult {
        var total = 0
        while !isEmpty, total < Self.turnBytes {
            if sent == head.count + body.count, !readPiece() { return .failed }
            let result = head.withUnsafeBytes { head in
                body.withUnsafeBytes { body in
                    transport.send(
                        UnsafeRawBufferPointer(rebasing: head.dropFirst(sent)),
                        UnsafeRawBufferPointer(rebasing: body.dropFirst(max(0, sent - head.count)))
                    )
                }
            }
            switch result {
            case .octets(let count):
                sent += count
                total += count
            case .wouldBlock: return total > 0 ? .octets(total) : .wouldBlock
            case .failed, .end, .notTLS: return .failed
            }
        }
        if isEmpty {
            head = []
            body = []
            sent = 0
        }
        return .octets(total)
    }

    /// Takes the next piece of the file in place of what has been sent; false if it cannot be read.
    private mutating func readPiece() -> Bool {
        guard var file, let piece = try? file.next() else { return false }
        fileOffset += piece.count
        
        head = []
        body = piece
        sent = 0
        return true
    }
}
