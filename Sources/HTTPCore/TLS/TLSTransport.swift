internal import COpenSSL

/// TLS on a socket: OpenSSL turns records into octets and back in memory, and `PlainTransport` moves the records.
///
/// Reading also does the handshake, whose records have to be sent although the connection has nothing to say: then
/// `wantsToWrite` is true, and `flush()` is to be called when the socket takes more.
///
/// OpenSSL's queue of errors belongs to the thread, and Dispatch gives a queue's turns to any thread: so it is cleared
/// before every call whose error is looked at.
final class TLSTransport: Transport {
    private static let recordLength = 16 * 1024
    /// How many times a turn asks the socket for more, so that records without content cannot hold the event loop.
    private static let readsPerTurn = 8
    /// More of the protocol's own records than this are waiting only if the peer makes us send and does not read.
    private static let maximumPending = 128 * 1024

    private var socket: PlainTransport
    private let session: OpaquePointer
    /// Records that have come and records that are to go; they belong to `session`.
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer
    /// Records taken out of `outgoing` that the socket has not taken yet.
    private var pending: [UInt8] = []
    private var pendingSent = 0
    private var hasReceived = false
    private var isBroken = false
    private(set) var hasUnread = false

    let scheme = "https"

    /// Takes the server's side on a socket that has just been accepted; nil without memory.
    init?(_ socket: PlainTransport, context: TLSContext) {
        guard let session = context.makeSession() else { return nil }
        guard let incoming = BIO_new(BIO_s_mem()), let outgoing = BIO_new(BIO_s_mem()) else {
            SSL_free(session)
            return nil
        }
        SSL_set_bio(session, incoming, outgoing)
        self.socket = socket
        self.session = session
        self.incoming = incoming
        self.outgoing = outgoing
    }

    deinit {
        SSL_free(session)
    }

    // MARK: - Reading

    func receive(into buffer: UnsafeMutableRawBufferPointer) -> TransportResult {
        guard !isBroken else { return .failed }
        var count = 0
        var reads = 0
        hasUnread = false
        while count < buffer.count {
            ERR_clear_error()
            let room = Int32(min(buffer.count - count, Int(Int32.max)))
            let result = SSL_read(session, buffer.baseAddress.map { $0 + count }, room)
            if result > 0 {
                count += Int(result)
                continue
            }
            let ending = outcome(of: result, reads: &reads)
            if let ending {
                // What has been read comes first; the ending is found again on the next turn.
                guard count > 0 else { return ending }
                hasUnread = hasUnread || ending != .wouldBlock
                return .octets(count)
            }
        }
        hasUnread = true
        return .octets(count)
    }

    /// What to do after SSL_read has read nothing; nil to call it again.
    private func outcome(of result: Int32, reads: inout Int) -> TransportResult? {
        switch SSL_get_error(session, result) {
        case SSL_ERROR_WANT_READ:
            guard flush() else { return .failed }
            guard reads < Self.readsPerTurn else {
                hasUnread = true
                return .wouldBlock
            }
            reads += 1
            return takeRecords()
        case SSL_ERROR_ZERO_RETURN:
            return .end
        default:
            isBroken = true
            // The alert that says why.
            _ = flush()
            return .failed
        }
    }

    /// Takes records off the socket; nil if there are some.
    private func takeRecords() -> TransportResult? {
        withUnsafeTemporaryAllocation(byteCount: Self.recordLength, alignment: 1) { records in
            switch socket.receive(into: records) {
            case .octets(let count):
                defer { hasReceived = true }
                // A record begins with its type, 20 to 24; a request with a method, which is in capitals.
                if !hasReceived, (0x41...0x5A).contains(records[0]) { return .notTLS }
                return BIO_write(incoming, records.baseAddress, Int32(count)) == Int32(count) ? nil : .failed
            case let other:
                return other
            }
        }
    }

    // MARK: - Writing

    func send(_ octets: UnsafeRawBufferPointer) -> TransportResult {
        guard !isBroken else { return .failed }
        var sent = 0
        // One record at a time, and none before the last has gone: the answer does not pile up in memory twice.
        while sent < octets.count {
            guard flush() else { return .failed }
            guard !wantsToWrite else { break }
            ERR_clear_error()
            let record = octets.dropFirst(sent).prefix(Self.recordLength)
            let result = SSL_write(session, UnsafeRawBufferPointer(rebasing: record).baseAddress, Int32(record.count))
            guard result > 0 else {
                if SSL_get_error(session, result) == SSL_ERROR_WANT_READ { break }
                isBroken = true
                return .failed
            }
            sent += Int(result)
        }
        guard flush() else { return .failed }
        return sent > 0 ? .octets(sent) : .wouldBlock
    }

    var acknowledged: Int { socket.acknowledged }

    var wantsToWrite: Bool { pendingSent < pending.count || copenssl_pending(outgoing) > 0 }

    func flush() -> Bool {
        while wantsToWrite {
            if pendingSent == pending.count { takePending() }
            guard pending.count - pendingSent <= Self.maximumPending else { return false }
            let result = pending.withUnsafeBytes {
                socket.send(UnsafeRawBufferPointer(rebasing: $0[pendingSent...]))
            }
            switch result {
            case .octets(let count): pendingSent += count
            case .wouldBlock: return copenssl_pending(outgoing) <= Self.maximumPending
            default:
                isBroken = true
                return false
            }
        }
        pending = []
        pendingSent = 0
        return true
    }

    private func takePending() {
        let count = Int(copenssl_pending(outgoing))
        pending = [UInt8](unsafeUninitializedCapacity: count) { octets, initialized in
            initialized = max(0, Int(BIO_read(outgoing, octets.baseAddress, Int32(count))))
        }
        pendingSent = 0
    }

    // MARK: - Ending

    func sayGoodbye() {
        guard !isBroken, SSL_is_init_finished(session) == 1 else { return }
        ERR_clear_error()
        // Sends close_notify and does not wait for the peer's (RFC 8446 section 6.1).
        SSL_shutdown(session)
        _ = flush()
    }

    func shutDownWriting() {
        sayGoodbye()
        socket.shutDownWriting()
    }

    func resetOnClose() {
        socket.resetOnClose()
    }

    var isHungUp: Bool { socket.isHungUp }
}
