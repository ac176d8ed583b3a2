/// Where vectors are asked for, and with which key.
struct ServerEndpoint: Sendable, Equatable {
    /// The address of `POST /v1/embeddings`.
    let url: String
    /// `EMBED_API_KEY`.
    let key: String?
    /// `SSL_CERT_FILE`: authorities to trust in place of the system's.
    let authorities: String?

    /// - Parameters:
    ///   - text: the server's address, with or without `/v1` or `/v1/embeddings` behind it.
    ///   - environment: of the process.
    init(_ text: String, environment: [String: String]) throws(RemoteError) {
        let address = String(text.reversed().drop { $0 == "/" }.reversed())
        let host = ["http://", "https://"].lazy.filter { address.hasPrefix($0) }.map { address.dropFirst($0.count) }
        let isClean = address.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard isClean, host.first.map({ !$0.isEmpty && $0.first != "/" }) == true else { throw .badURL(text) }
        url =
            if address.hasSuffix("/embeddings") {
                address
            } else if address.hasSuffix("/v1") {
                address + "/embeddings"
            } else {
                address + "/v1/embeddings"
            }
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        key = value("EMBED_API_KEY")
        authorities = value("SSL_CERT_FILE")
    }

    /// The transfer that asks for vectors.
    func request(_ body: [UInt8]) -> HTTPTransfer.Request {
        HTTPTransfer.Request(
            url: url,
            token: key,
            authorities: authorities,
            timeoutSeconds: 600,
            body: body,
            fields: ["Content-Type: application/json", "Accept: application/json", "X-Priority: bulk", "Expect:"]
        )
    }
}
