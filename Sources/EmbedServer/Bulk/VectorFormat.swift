/// How a file holds vectors.
enum VectorFormat: String, Sendable, CaseIterable {
    /// One JSON object a line.
    case jsonl
    /// A NumPy array of two dimensions.
    case npy

    /// The format that a file's name stands for; `nil` for other names.
    init?(path: String) {
        let name = path.lowercased()
        if name.hasSuffix(".jsonl") || name.hasSuffix(".ndjson") {
            self = .jsonl
        } else if name.hasSuffix(".npy") {
            self = .npy
        } else {
            return nil
        }
    }
}
