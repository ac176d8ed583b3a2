internal import COpenSSL

/// The queue of errors that OpenSSL keeps for each thread.
enum OpenSSLErrors {
    /// Takes the oldest error, which is the cause of the others, and empties the queue.
    static func takeReason() -> String {
        defer { ERR_clear_error() }
        let code = ERR_get_error()
        guard code != 0 else { return "no reason given" }
        var text = [CChar](repeating: 0, count: 256)
        ERR_error_string_n(code, &text, text.count)
        let octets = text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
        // "error:80000002:system library::No such file or directory"
        let reason = String(decoding: octets.split(separator: 0x3A).last ?? [], as: UTF8.self)
        switch reason {
        case "interrupted or cancelled": return "the key has a passphrase; store it without one"
        case "no start line": return "there is nothing of the kind in PEM form in it"
        default: return reason
        }
    }
}
