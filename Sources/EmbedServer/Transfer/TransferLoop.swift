import CCurl

/// Runs transfers side by side on the calling thread.
final class TransferLoop {
    private let handle: UnsafeMutableRawPointer
    private var transfers: [UnsafeMutableRawPointer: HTTPTransfer] = [:]

    init() {
        guard let handle = curl_multi_init() else { preconditionFailure("libcurl has no memory") }
        self.handle = handle
    }

    deinit {
        for transfer in transfers.values { curl_multi_remove_handle(handle, transfer.handle) }
        curl_multi_cleanup(handle)
    }

    /// How many transfers are running.
    var count: Int { transfers.count }

    /// Starts a transfer.
    func add(_ transfer: HTTPTransfer) {
        transfers[transfer.handle] = transfer
        curl_multi_add_handle(handle, transfer.handle)
    }

    /// Drops the transfers that `isMeant` picks.
    func cancel(_ isMeant: (HTTPTransfer) -> Bool) {
        for transfer in transfers.values.filter(isMeant) { remove(transfer) }
    }

    /// Waits for octets, at most `milliseconds`, and returns the transfers that ended, with libcurl's verdict.
    func step(milliseconds: Int) -> [(transfer: HTTPTransfer, code: CURLcode)] {
        var running: CInt = 0
        curl_multi_poll(handle, nil, 0, CInt(milliseconds), nil)
        curl_multi_perform(handle, &running)
        var ended: [(HTTPTransfer, CURLcode)] = []
        var queued: CInt = 0
        while let message = curl_multi_info_read(handle, &queued) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            if let transfer = transfers[easy] { ended.append((transfer, message.pointee.data.result)) }
        }
        for (transfer, _) in ended { remove(transfer) }
        return ended
    }

    private func remove(_ transfer: HTTPTransfer) {
        curl_multi_remove_handle(handle, transfer.handle)
        transfers[transfer.handle] = nil
    }
}
