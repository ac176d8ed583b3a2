/// Rewrites text before it is split into words.
enum Normalizer: Sendable {
    /// The text as it is.
    case none
    /// BERT's cleaning, accent stripping and case folding.
    case bert(BertNormalizer)
    /// Canonical composition.
    case nfc

    /// Calls `body` with the normalized text: with `text` itself where nothing changes.
    func withNormalized<Result>(_ text: UTF8Text, _ body: (UTF8Text) -> Result) -> Result {
        let normalized: [UInt8]?
        switch self {
        case .none: normalized = nil
        case .bert(let normalizer): normalized = normalizer.normalize(text)
        case .nfc: normalized = CanonicalComposition.normalize(text)
        }
        return normalized.map { $0.withUnsafeBufferPointer(body) } ?? body(text)
    }
}
