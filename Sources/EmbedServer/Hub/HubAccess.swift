import Glibc

/// Where the hub is and how to talk to it, by the variables that Hugging Face's own tools read.
struct HubAccess: Sendable, Equatable {
    /// The hub's address, without a slash at the end; `nil` if nobody said.
    let endpoint: String?
    /// `HF_TOKEN`.
    let token: String?
    /// `HF_HUB_OFFLINE`: only the cache is used.
    let isOffline: Bool
    /// The cache of Hugging Face's tools: `HF_HUB_CACHE`, or `hub` in `HF_HOME`.
    let cache: String
    /// `SSL_CERT_FILE`: authorities to trust in place of the system's.
    let authorities: String?

    /// - Parameters:
    ///   - flag: the value of `--endpoint`.
    ///   - setting: `hub.endpoint`.
    ///   - environment: of the process.
    init(flag: String?, setting: String?, environment: [String: String]) throws(HubError) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        endpoint = try (flag ?? setting ?? value("HF_ENDPOINT")).map(Self.checked)
        token = value("HF_TOKEN")
        isOffline = ["1", "on", "yes", "true"].contains(environment["HF_HUB_OFFLINE"]?.lowercased())
        let home = environment["HOME"] ?? "/"
        let hubHome = value("HF_HOME") ?? (value("XDG_CACHE_HOME") ?? "\(home)/.cache") + "/huggingface"
        cache = value("HF_HUB_CACHE") ?? "\(hubHome)/hub"
        authorities = value("SSL_CERT_FILE")
    }

    /// Whether the token would go over the network in the clear.
    var exposesToken: Bool { token != nil && endpoint.map(HTTPTransfer.isExposed) == true }

    private static func checked(_ text: String) throws(HubError) -> String {
        let address = text.hasSuffix("/") ? String(text.dropLast()) : text
        let rest = ["https://", "http://"].lazy.filter { address.hasPrefix($0) }.map { address.dropFirst($0.count) }
        let isClean = address.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "?") }
        guard let host = rest.first, !host.isEmpty, isClean else { throw .badEndpoint(text) }
        return address
    }
}
