internal import COpenSSL

/// A certificate and its key, ready for handshakes.
final class TLSContext: @unchecked Sendable {
    // SAFETY: an SSL_CTX may be shared by threads once it is configured (openssl-threads(7)); only `init` does that.
    private let context: OpaquePointer

    /// Key exchange with forward secrecy, and ciphers that authenticate what they encrypt (RFC 9325 section 4.2).
    ///
    /// TLS 1.3 has no others.
    private static let ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20"

    /// Reads the files.
    init(_ configuration: TLSConfiguration) throws(ServerError) {
        ERR_clear_error()
        guard let context = SSL_CTX_new(TLS_server_method()) else {
            throw .cannotUseFile(configuration.certificateFile, reason: OpenSSLErrors.takeReason())
        }
        self.context = context
        try configure(configuration)
    }

    deinit {
        SSL_CTX_free(context)
    }

    /// Makes the server's side of one connection; nil without memory.
    func makeSession() -> OpaquePointer? {
        ERR_clear_error()
        guard let session = SSL_new(context) else { return nil }
        SSL_set_accept_state(session)
        return session
    }

    private func configure(_ configuration: TLSConfiguration) throws(ServerError) {
        // A key with a passphrase fails instead of asking the terminal for it.
        SSL_CTX_set_default_passwd_cb(context) { _, _, _, _ in -1 }
        try check(
            copenssl_set_defaults(context) == 1 && SSL_CTX_set_cipher_list(context, Self.ciphers) == 1,
            configuration.certificateFile
        )
        try check(
            SSL_CTX_use_certificate_chain_file(context, configuration.certificateFile) == 1,
            configuration.certificateFile
        )
        // Reading the key also checks that it belongs to the certificate.
        try check(
            SSL_CTX_use_PrivateKey_file(context, configuration.keyFile, SSL_FILETYPE_PEM) == 1,
            configuration.keyFile
        )
        // Without a name, sessions of clients with certificates could not be resumed.
        let name = Array("http".utf8)
        SSL_CTX_set_session_id_context(context, name, UInt32(name.count))
        SSL_CTX_set_alpn_select_cb(context, selectProtocol, nil)
        guard let file = configuration.clientAuthorityFile else { return }
        try check(SSL_CTX_load_verify_file(context, file) == 1, file)
        SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(file))
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
    }

    private func check(_ succeeded: Bool, _ file: String) throws(ServerError) {
        guard succeeded else { throw .cannotUseFile(file, reason: OpenSSLErrors.takeReason()) }
    }
}

/// ALPN (RFC 7301): http/1.1 if the client offers it; a client that offers only other protocols gets an alert.
private func selectProtocol(
    _: OpaquePointer?,
    chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
    chosenLength: UnsafeMutablePointer<UInt8>?,
    offered: UnsafePointer<UInt8>?,
    offeredLength: UInt32,
    _: UnsafeMutableRawPointer?
) -> Int32 {
    guard let chosen, let chosenLength, let offered else { return SSL_TLSEXT_ERR_NOACK }
    let names = UnsafeBufferPointer(start: offered, count: Int(offeredLength))
    var position = 0
    while position < names.count {
        let name = position + 1..<min(position + 1 + Int(names[position]), names.count)
        if names[name].elementsEqual("http/1.1".utf8) {
            chosen.pointee = offered + name.lowerBound
            chosenLength.pointee = UInt8(name.count)
            return SSL_TLSEXT_ERR_OK
        }
        position = name.upperBound
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL
}
