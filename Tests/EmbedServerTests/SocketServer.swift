import Foundation
import HTTPCore
import HTTPTypes
import Logging

@testable import EmbedServer

/// An application behind a socket, and a client for it: a connection for each request.
final class SocketServer: Sendable {
    private let server: HTTPServer
    private let port: Task<Int, any Error>

    /// Begins to serve on a port of the system's choice.
    init(_ application: Application) {
        var configuration = ServerConfiguration()
        configuration.port = 0
        configuration.eventLoopCount = 1
        configuration.timerInterval = .milliseconds(20)
        let server = HTTPServer(
            configuration: configuration,
            application: application,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        self.server = server
        port = Task { try await server.start().port }
    }

    deinit {
        let (server, port) = (server, port)
        Task {
            _ = try await port.value
            await server.shutDown(deadline: .zero)
        }
    }

    /// Sends a request and reads all of its answer.
    func send(_ request: HTTPRequest, body: [UInt8]) async throws -> Response {
        let port = try await port.value
        return try await withCheckedThrowingContinuation { continuation in
            // Blocks, which the threads of the handlers must not.
            Thread { continuation.resume(with: Result { try Self.exchange(request, body, port: port) }) }.start()
        }
    }

    private static func exchange(_ request: HTTPRequest, _ body: [UInt8], port: Int) throws -> Response {
        var head =
            "\(request.method.rawValue) \(request.path ?? "/") HTTP/\(request.authority == nil ? "1.0" : "1.1")\r\n"
        if let authority = request.authority { head += "Host: \(authority)\r\n" }
        head += "Connection: close\r\nContent-Length: \(body.count)\r\n"
        for field in request.headerFields { head += "\(field.name.rawName): \(field.value)\r\n" }
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        // A hang shows as a failed read and not as a test that never ends.
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { throw POSIXError(.ECONNREFUSED) }
        var rest = Array((head + "\r\n").utf8)[...] + body
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            // The server may have answered and closed before it has read all.
            guard count > 0 else { break }
            rest = rest.dropFirst(count)
        }
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { break }
            answer += chunk[..<count]
        }
        return try response(answer)
    }

    /// Reads a final answer that ends with its connection.
    private static func response(_ octets: [UInt8]) throws -> Response {
        guard let end = octets.firstRange(of: Array("\r\n\r\n".utf8)) else { throw POSIXError(.EBADMSG) }
        let lines = String(decoding: octets[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        guard let status = lines[0].split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw POSIXError(.EBADMSG)
        }
        var response = Response(status: HTTPResponse.Status(code: status))
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":"), let name = HTTPField.Name(String(line[..<colon])) else {
                throw POSIXError(.EBADMSG)
            }
            response.fields.append(HTTPField(name: name, value: String(line[line.index(colon, offsetBy: 2)...])))
        }
        let body = octets[end.upperBound...]
        response.body = try response.fields[.transferEncoding] == nil ? Array(body) : unchunked(body)
        if let length = response.fields[.contentLength], Int(length) != response.body.count {
            throw POSIXError(.EBADMSG)
        }
        return response
    }

    /// Undoes the chunked coding (RFC 9112 section 7.1); without the last chunk the answer is not whole.
    private static func unchunked(_ octets: ArraySlice<UInt8>) throws -> [UInt8] {
        var content: [UInt8] = []
        var rest = octets
        while let line = rest.firstRange(of: Array("\r\n".utf8)) {
            guard let size = Int(String(decoding: rest[..<line.lowerBound], as: UTF8.self), radix: 16) else { break }
            if size == 0 { return content }
            guard rest.endIndex - line.upperBound >= size + 2 else { break }
            content += rest[line.upperBound..<line.upperBound + size]
            rest = rest[(line.upperBound + size + 2)...]
        }
        throw POSIXError(.EBADMSG)
    }
}
