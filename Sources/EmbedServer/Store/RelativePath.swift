/// The path of a file inside a folder: nothing in it can lead out of the folder.
struct RelativePath: Sendable, Hashable, CustomStringConvertible {
    /// The names between the slashes.
    let components: [String]

    /// The path with slashes.
    var text: String { components.joined(separator: "/") }
    var description: String { text }

    /// `nil` for absolute paths, empty names, `.` and `..`, and for characters that terminals or file systems take
    /// otherwise.
    init?(_ text: String) {
        let components = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        for name in components {
            guard !name.isEmpty, name != ".", name != "..", name.utf8.count <= 255 else { return nil }
            guard name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }) else { return nil }
        }
        guard text.utf8.count <= 1024 else { return nil }
        self.components = components
    }

    /// Whether a name in it begins with a dot.
    var isHidden: Bool { components.contains { $0.hasPrefix(".") } }
}
