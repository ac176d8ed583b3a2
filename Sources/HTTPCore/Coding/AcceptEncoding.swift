/// What `Accept-Encoding` says of gzip and of no coding at all (RFC 9110 section 12.5.3).
struct AcceptEncoding {
    /// Whether the client takes gzip at all.
    var takesGzip: Bool { gzip > 0 }
    /// Whether it would rather have gzip than no coding.
    var prefersGzip: Bool { gzip > 0 && gzip >= identity }
    /// Whether it refuses an answer without a coding.
    var refusesIdentity: Bool { identity == 0 }

    /// Weights in thousandths.
    private let gzip: Int
    private let identity: Int

    /// Reads the field; nil, or elements that break the grammar, name nothing.
    ///
    ///     Accept-Encoding = #( codings [ weight ] )       codings = content-coding / "identity" / "*"
    ///     weight          = OWS ";" OWS "q=" qvalue
    init(_ value: String?) {
        var weights: [String: Int] = [:]
        for element in (value ?? "").split(separator: ",") {
            let parts = element.split(separator: ";", omittingEmptySubsequences: false).map {
                Self.trimmed($0).lowercased()
            }
            guard parts.count <= 2, let coding = parts.first, !coding.isEmpty else { continue }
            guard let weight = parts.count == 2 ? Self.weight(parts[1]) : 1000 else { continue }
            weights[coding == "x-gzip" ? "gzip" : coding] = weight
        }
        gzip = weights["gzip"] ?? weights["*"] ?? 0
        // Without a word, no coding is acceptable, and less wanted than one that is named.
        identity = weights["identity"] ?? (weights["*"] == 0 ? 0 : 1)
    }

    /// `q=0.5` is 500: qvalue = "0" [ "." 0*3DIGIT ] / "1" [ "." 0*3"0" ] (RFC 9110 section 12.4.2).
    private static func weight(_ text: String) -> Int? {
        guard text.hasPrefix("q=") else { return nil }
        let digits = Array(text.utf8.dropFirst(2))
        guard let first = digits.first, first == 0x30 || first == 0x31, digits.count <= 5 else { return nil }
        guard digits.count == 1 || digits[1] == 0x2E, digits.dropFirst(2).allSatisfy(\.isDigit) else { return nil }
        var weight = 0
        for place in [0, 2, 3, 4] { weight = weight * 10 + (place < digits.count ? Int(digits[place] - 0x30) : 0) }
        return weight <= 1000 ? weight : nil
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.utf8.first, first.isBlank { text = text.dropFirst() }
        while let last = text.utf8.last, last.isBlank { text = text.dropLast() }
        return text
    }
}
