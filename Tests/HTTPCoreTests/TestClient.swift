import Glibc

/// A blocking HTTP client for one loopback connection, which can also misbehave.
class TestClient {
    /// An answer as it came over the wire.
    struct Answer: Equatable {
        var status: Int
        var fields: [String: String]
        var body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
    }

    let descriptor: Int32
    private var buffer: [UInt8] = []
    private var isOpen = true

    /// Makes a socket without connecting it; reads and writes fail after `patience` milliseconds.
    convenience init(patience: Int = 20_000) {
        self.init(descriptor: socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0))
        // A hang shows as a failed read and not as a test that never ends.
        var patience = timeval(tv_sec: patience / 1000, tv_usec: patience % 1000 * 1000)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Takes over a socket.
    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Makes a connected socket.
    convenience init(port: Int) {
        self.init()
        connect(port: port)
    }

    deinit {
        close()
    }

    /// Makes a connected socket for a client that reads little at a time.
    static func narrow(port: Int, from address: String = "127.0.0.1") -> TestClient {
        let client = TestClient()
        client.readNarrowly()
        _ = withAddress(address, port: 0) { bind(client.descriptor, $0, $1) }
        client.connect(port: port)
        return client
    }

    /// Makes a connected socket that comes from `address`, one of 127.0.0.0/8.
    convenience init(port: Int, from address: String) {
        self.init()
        _ = Self.withAddress(address, port: 0) { bind(descriptor, $0, $1) }
        connect(port: port)
    }

    /// Connects to 127.0.0.1; false if refused.
    @discardableResult func connect(port: Int) -> Bool {
        Self.withAddress("127.0.0.1", port: port) { Glibc.connect(descriptor, $0, $1) } == 0
    }

    private static func withAddress(
        _ text: String,
        port: Int,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr(text)
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// Sends all octets; false if the server closed first.
    @discardableResult func send(_ octets: [UInt8]) -> Bool {
        var sent = 0
        while sent < octets.count {
            let count = octets.withUnsafeBytes { write(UnsafeRawBufferPointer(rebasing: $0[sent...])) }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Sends some of the octets; TLS does it in its own way.
    func write(_ octets: UnsafeRawBufferPointer) -> Int {
        Glibc.send(descriptor, octets.baseAddress, octets.count, Int32(MSG_NOSIGNAL))
    }

    /// Reads some octets; TLS does it in its own way.
    func read(into octets: UnsafeMutableRawBufferPointer) -> Int {
        recv(descriptor, octets.baseAddress, octets.count, 0)
    }

    @discardableResult func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// Reads the next answer, an interim one too; nil at the end of the connection.
    func answer(toHead: Bool = false) -> Answer? {
        let end = Array("\r\n\r\n".utf8)
        var headEnd: Int?
        while headEnd == nil {
            headEnd = buffer.indices.first { buffer[$0...].starts(with: end) }
            if headEnd == nil, !fill() { return nil }
        }
        let head = String(decoding: buffer[..<headEnd!], as: UTF8.self)
        buffer.removeFirst(headEnd! + 4)
        let lines = head.split(separator: "\r\n")
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            let colon = line.firstIndex(of: ":")!
            fields[line[..<colon].lowercased()] = String(line[line.index(colon, offsetBy: 2)...])
        }
        let status = Int(lines[0].split(separator: " ")[1])!
        if !toHead, fields["transfer-encoding"] == "chunked" {
            return chunks().map { Answer(status: status, fields: fields, body: $0) }
        }
        let length = toHead || status < 200 ? 0 : fields["content-length"].flatMap { Int($0) } ?? 0
        return octets(length).map { Answer(status: status, fields: fields, body: $0) }
    }

    /// Reads so many octets; nil if the connection ends before.
    private func octets(_ count: Int) -> [UInt8]? {
        while buffer.count < count {
            guard fill() else { return nil }
        }
        defer { buffer.removeFirst(count) }
        return Array(buffer[..<count])
    }

    /// Reads a body in the chunked coding, without extensions or trailers; nil if the connection ends before.
    private func chunks() -> [UInt8]? {
        var body: [UInt8] = []
        while true {
            var line = ""
            while !line.hasSuffix("\r\n") {
                guard let octet = octets(1) else { return nil }
                line += String(decoding: octet, as: UTF8.self)
            }
            guard let size = Int(line.dropLast(), radix: 16) else { return nil }
            guard let chunk = octets(size + 2), chunk.suffix(2) == [13, 10] else { return nil }
            guard size > 0 else { return body }
            body += chunk.dropLast(2)
        }
    }

    /// Reads up to the end of the connection.
    func rest() -> [UInt8] {
        while fill() {}
        defer { buffer = [] }
        return buffer
    }

    /// Has the system keep few octets that have not been read.
    func readNarrowly() {
        var size: Int32 = 4096
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Reads answers up to the first that is not interim.
    func finalAnswer() -> Answer? {
        while let answer = answer() {
            if answer.status >= 200 { return answer }
        }
        return nil
    }

    /// Whether the server closes without sending anything more.
    func seesEnd() -> Bool {
        var octet: UInt8 = 0
        errno = 0
        return buffer.isEmpty && withUnsafeMutableBytes(of: &octet) { read(into: $0) } <= 0 && errno != EAGAIN
    }

    /// Reads up to `count` octets and drops them.
    func skip(_ count: Int) {
        while buffer.count < count, fill() {}
        buffer.removeFirst(min(count, buffer.count))
    }

    /// Says that no more will be sent.
    func halfClose() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Closes with a reset.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    func close() {
        if isOpen { Glibc.close(descriptor) }
        isOpen = false
    }

    private func fill() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65536)
        errno = 0
        let count = chunk.withUnsafeMutableBytes { read(into: $0) }
        if count > 0 { buffer += chunk[..<count] }
        return count > 0
    }
}
