import CCurl

/// Which failures are worth another attempt, and how long to wait before it.
struct RetryPolicy {
    /// Attempts in a row without a single octet before giving up.
    static let maximumAttempts = 6
    /// The longest wait that a hub may ask for.
    static let maximumSeconds = 300

    /// The wait before another attempt: doubles, from half a second.
    static func delay(attempt: Int) -> Duration { .milliseconds(500 << min(attempt - 1, 5)) }

    /// Whether the hub may answer otherwise next time.
    static func isTransient(status: Int) -> Bool { [408, 425, 429, 500, 502, 503, 504].contains(status) }

    /// Whether the connection may work next time; a name that does not resolve or a bad certificate will not.
    static func isTransient(_ code: CURLcode) -> Bool {
        let transient = [
            CURLE_COULDNT_CONNECT, CURLE_PARTIAL_FILE, CURLE_OPERATION_TIMEDOUT, CURLE_GOT_NOTHING, CURLE_SEND_ERROR,
            CURLE_RECV_ERROR, CURLE_SSL_CONNECT_ERROR, CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_WEIRD_SERVER_REPLY,
        ]
        return transient.contains(code)
    }

    /// Seconds of a `Retry-After` field (RFC 9110, section 10.2.3), a number or a date.
    static func seconds(retryAfter text: String?) -> Int? {
        guard let text else { return nil }
        if let seconds = Int(text) { return max(0, seconds) }
        let date = curl_getdate(text, nil)
        return date < 0 ? nil : max(0, Int(date) - Timestamp.now.seconds)
    }
}
