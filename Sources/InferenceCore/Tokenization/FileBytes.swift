import Glibc

/// The octets of a whole file.
func readFile(_ path: String) throws(CheckpointError) -> [UInt8] {
    func failure(_ number: Int32) -> CheckpointError {
        CheckpointError(file: path, reason: "cannot be read: \(String(cString: strerror(number)))")
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure(errno) }
    var error: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { buffer, count in
        while count < buffer.count, let base = buffer.baseAddress {
            let read = Glibc.read(descriptor, base + count, buffer.count - count)
            if read > 0 {
                count += read
            } else if read == 0 || errno != EINTR {
                if read < 0 { error = errno }
                return
            }
        }
    }
    guard error == 0 else { throw failure(error) }
    return bytes
}
