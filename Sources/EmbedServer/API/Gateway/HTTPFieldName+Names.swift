import HTTPTypes

/// The names of header fields that HTTPTypes does not know: constants, each a token of RFC 9110 section 5.6.2.
// swift-format-ignore: NeverForceUnwrap
extension HTTPField.Name {
    /// A client's key as Azure's clients send it.
    static let apiKey = HTTPField.Name("api-key")!
    /// A client's key as Google's clients send it.
    static let googleAPIKey = HTTPField.Name("x-goog-api-key")!
    /// A client's key as many others send it.
    static let xAPIKey = HTTPField.Name("x-api-key")!
    /// How many inputs of the request were answered from the cache.
    static let cacheHits = HTTPField.Name("x-cache-hits")!
    /// The class that a request is scheduled in.
    static let priority = HTTPField.Name("x-priority")!
    /// OpenAI's name for the milliseconds that a request has taken.
    static let processingTime = HTTPField.Name("openai-processing-ms")!
    /// How much of its address a page gives away.
    static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
    /// After how many seconds the client does not want the answer any more.
    static let requestTimeout = HTTPField.Name("x-request-timeout")!
    /// `Retry-After` in milliseconds, for the OpenAI SDKs.
    static let retryAfterMilliseconds = HTTPField.Name("retry-after-ms")!
    /// Where a request comes from, in a browser's own words (Fetch Metadata Request Headers).
    static let secFetchSite = HTTPField.Name("Sec-Fetch-Site")!
    /// How the time of a request was spent (W3C Server Timing).
    static let serverTiming = HTTPField.Name("server-timing")!
    /// Which inputs were cut.
    static let truncatedInputs = HTTPField.Name("x-embed-truncated")!
    /// Whether the OpenAI SDKs should try again by themselves.
    static let xShouldRetry = HTTPField.Name("x-should-retry")!
}
