import Glibc

/// A file that grows at its end, and can be cut back to what was known to be good.
final class AppendOnlyFile {
    /// Where it is.
    let path: String
    /// Octets written and gathered.
    private(set) var length: Int
    private let descriptor: CInt
    private var pending: [UInt8] = []
    /// After a write that went wrong nobody knows how much of it is there: nothing more is written.
    private var failure: IOError?

    private static let gatheredBytes = 1 << 18

    /// Opens or creates a file, and cuts it to `length` octets.
    ///
    /// - Throws: also if the file is shorter than that.
    init(path: String, length: Int) throws(IOError) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        self.path = path
        self.length = length
        guard descriptor >= 0 else { throw IOError(path: path, code: errno) }
        let end = lseek(descriptor, 0, SEEK_END)
        let isThere = end >= off_t(length)
        let isCut = end == off_t(length) || isThere && ftruncate(descriptor, off_t(length)) == 0
        guard isCut, lseek(descriptor, 0, SEEK_END) >= 0 else {
            let code = isThere ? errno : ENODATA
            close(descriptor)
            throw IOError(path: path, code: code)
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Adds octets at the end.
    func append(_ octets: [UInt8]) throws(IOError) {
        pending += octets
        length += octets.count
        if pending.count >= Self.gatheredBytes { try flush() }
    }

    /// Adds many octets at the end, without gathering them.
    func write(_ octets: ArraySlice<UInt8>) throws(IOError) {
        try flush()
        let code = octets.withUnsafeBytes { Descriptor.writeAll($0, to: descriptor) }
        if let code { throw IOError(path: path, code: code) }
        length += octets.count
    }

    /// Puts octets in place of the first ones, which have been written before.
    func replaceStart(_ octets: [UInt8]) throws(IOError) {
        try flush()
        let count = octets.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        if count < octets.count { throw IOError(path: path, code: count < 0 ? errno : ENOSPC) }
    }

    /// Returns when everything is on the disk.
    func sync() throws(IOError) {
        try flush()
        if fdatasync(descriptor) != 0 { throw IOError(path: path, code: errno) }
    }

    private func flush() throws(IOError) {
        if let failure { throw failure }
        if let code = pending.withUnsafeBytes({ Descriptor.writeAll($0, to: descriptor) }) {
            let failure = IOError(path: path, code: code)
            self.failure = failure
            throw failure
        }
        pending.removeAll(keepingCapacity: true)
    }
}
