/// The files that make a server speak TLS.
///
/// TLS 1.2 and 1.3, with forward secrecy and authenticated encryption only; ALPN is answered with `http/1.1`.
public struct TLSConfiguration: Sendable, Hashable {
    /// PEM: the server's certificate, then those that lead from it towards a root.
    public var certificateFile: String

    /// PEM: the private key of the first certificate, without a passphrase.
    public var keyFile: String

    /// PEM: the authorities of which every client must show a certificate; nil asks for none.
    public var clientAuthorityFile: String?

    /// How often the files are looked at for a change.
    public var watchInterval: Duration = .seconds(2)

    /// Names the files; they are read when the server starts.
    public init(certificateFile: String, keyFile: String, clientAuthorityFile: String? = nil) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.clientAuthorityFile = clientAuthorityFile
    }

    /// All files that are named.
    var files: [String] { [certificateFile, keyFile] + (clientAuthorityFile.map { [$0] } ?? []) }
}
