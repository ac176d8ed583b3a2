/// A model in the store.
struct StoredModel: Sendable, Equatable {
    /// Its name, which is its folder's.
    let id: String
    /// Where it came from, if that is known.
    let manifest: ModelManifest?
    /// Octets on disk.
    let size: Int
    /// Whether it is all there; false while a download is going on or was broken off.
    let isComplete: Bool
}
