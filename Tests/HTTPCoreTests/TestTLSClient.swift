import COpenSSL
import Foundation

/// A client of TLS on a blocking socket.
final class TestTLSClient: TestClient {
    /// What the client offers and shows.
    struct Options {
        var protocols: [String] = []
        var maximumVersion = Int(TLS1_3_VERSION)
        var certificate: String?
        /// A session of an earlier connection, to be resumed.
        var session: OpaquePointer?
    }

    private let context: OpaquePointer
    private let tls: OpaquePointer
    /// Whether the handshake has succeeded.
    let isConnected: Bool

    /// Connects, and does the handshake without checking the server's certificate.
    init(port: Int, _ options: Options = Options(), before: (TestClient) -> Void = { _ in }) {
        context = SSL_CTX_new(TLS_client_method())
        SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_PROTO_VERSION, options.maximumVersion, nil)
        // Old protocols are refused by OpenSSL itself unless they are asked for.
        if options.maximumVersion < TLS1_2_VERSION { SSL_CTX_set_cipher_list(context, "ALL@SECLEVEL=0") }
        if let name = options.certificate {
            SSL_CTX_use_certificate_chain_file(context, Self.file("\(name).pem"))
            SSL_CTX_use_PrivateKey_file(context, Self.file("\(name).key"), SSL_FILETYPE_PEM)
        }
        let protocols = options.protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        if !protocols.isEmpty { SSL_CTX_set_alpn_protos(context, protocols, UInt32(protocols.count)) }
        tls = SSL_new(context)
        if let session = options.session { SSL_set_session(tls, session) }
        let socket = TestClient(port: port)
        before(socket)
        SSL_set_fd(tls, socket.descriptor)
        ERR_clear_error()
        isConnected = SSL_connect(tls) == 1
        super.init(descriptor: dup(socket.descriptor))
        SSL_set_fd(tls, descriptor)
    }

    deinit {
        SSL_free(tls)
        SSL_CTX_free(context)
    }

    /// The path of a file of `Fixtures/tls`.
    static func file(_ name: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/tls/\(name)").path
    }

    override func write(_ octets: UnsafeRawBufferPointer) -> Int {
        ERR_clear_error()
        return Int(SSL_write(tls, octets.baseAddress, Int32(octets.count)))
    }

    override func read(into octets: UnsafeMutableRawBufferPointer) -> Int {
        ERR_clear_error()
        return Int(SSL_read(tls, octets.baseAddress, Int32(octets.count)))
    }

    override func halfClose() {
        SSL_shutdown(tls)
        super.halfClose()
    }

    /// The protocol that the server has chosen; empty for none.
    var chosenProtocol: String {
        var name: UnsafePointer<UInt8>?
        var length: UInt32 = 0
        SSL_get0_alpn_selected(tls, &name, &length)
        return String(decoding: UnsafeBufferPointer(start: name, count: Int(length)), as: UTF8.self)
    }

    /// `TLSv1.3`.
    var version: String { String(cString: SSL_get_version(tls)) }

    /// The subject of the server's certificate: `/CN=first.test`.
    var subject: String {
        guard let certificate = SSL_get1_peer_certificate(tls) else { return "" }
        defer { X509_free(certificate) }
        var text = [CChar](repeating: 0, count: 100)
        X509_NAME_oneline(X509_get_subject_name(certificate), &text, Int32(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Whether an earlier session was resumed.
    var isResumed: Bool { SSL_session_reused(tls) == 1 }

    /// The session, to be resumed by another connection.
    var session: OpaquePointer? { SSL_get1_session(tls) }

    /// Asks for a renegotiation; false if it is refused.
    func renegotiate() -> Bool {
        ERR_clear_error()
        return SSL_renegotiate(tls) == 1 && SSL_do_handshake(tls) == 1 && send(ServerSocketTests.get) && answer() != nil
    }
}
