extension StringProtocol {
    /// The text, or its beginning and `…`: at most 128 octets of UTF-8 and three more.
    ///
    /// Whatever a client has sent goes into messages and logs only so: nobody reads more of it, and an answer that
    /// repeated megabytes would cost the server more than the question has cost the client.
    public var excerpt: String {
        let limit = 128
        if utf8.count <= limit { return String(self) }
        var excerpt = String.UnicodeScalarView()
        var octets = 0
        for scalar in unicodeScalars {
            octets += UTF8.width(scalar)
            if octets > limit { break }
            excerpt.append(scalar)
        }
        return String(excerpt) + "…"
    }
}
