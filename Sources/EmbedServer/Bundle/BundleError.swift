/// Why a bundle cannot be made or used.
enum BundleError: Error, Equatable, CustomStringConvertible {
    /// The file begins with something else.
    case noBundle(String)
    /// The file ends in the middle.
    case truncated(String, inside: String)
    /// A part is not what was bundled.
    case damaged(String, part: String, reason: String)
    /// A path that leads elsewhere.
    case unsafePath(String, path: String)
    /// A model's file is not what was installed, or cannot be bundled.
    case unsound(path: String, reason: String)

    var description: String {
        switch self {
        case .noBundle(let file): "\(file): is no bundle: it does not begin with a manifest"
        case .truncated(let file, let inside): "\(file): is cut off inside \(inside); nothing was installed"
        case .damaged(let file, let part, let reason): "\(file): \(part): \(reason); nothing was installed"
        case .unsafePath(let file, let path):
            "\(file): the path \"\(path)\" does not lie in the model's folder; nothing was installed"
        case .unsound(let path, let reason): "\(path): \(reason)"
        }
    }
}
