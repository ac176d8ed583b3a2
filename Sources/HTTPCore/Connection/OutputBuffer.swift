/// Octets that are to be sent: the head and the body of one answer, and how much the peer has taken.
struct OutputBuffer {
    private var head: [UInt8] = []
    private var body: [UInt8] = []
    private var sent = 0

    /// Whether all has been sent.
    var isEmpty: Bool { sent == head.count + body.count }

    /// Adds an answer behind what is left; only an interim answer, which has no body, may be left.
    mutating func append(head newHead: [UInt8], body newBody: [UInt8]) {
        precondition(body.isEmpty || isEmpty, "one answer at a time")
        head = isEmpty ? newHead : Array(head[sent...]) + newHead
        body = newBody
        sent = 0
    }

    /// Sends what the peer takes; `.octets` with the sum if anything went out.
    mutating func flush(to transport: inout any Transport) -> TransportResult {
        let start = sent
        while !isEmpty {
            let result = head.withUnsafeBytes { head in
                body.withUnsafeBytes { body in
                    transport.send(
                        UnsafeRawBufferPointer(rebasing: head.dropFirst(sent)),
                        UnsafeRawBufferPointer(rebasing: body.dropFirst(max(0, sent - head.count)))
                    )
                }
            }
            switch result {
            case .octets(let count): sent += count
            case .wouldBlock: return sent > start ? .octets(sent - start) : .wouldBlock
            case .failed, .end, .notTLS: return .failed
            }
        }
        let count = sent - start
        head = []
        body = []
        sent = 0
        return .octets(count)
    }
}
